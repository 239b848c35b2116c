/** Progress of long work: one rewritten line on a terminal, plain lines elsewhere. */
export interface Progress {
  /** A line that stays. */
  say(line: string): void;
  /** What is being done now; replaced by the next one on a terminal. */
  update(line: string): void;
  /** Leaves the cursor at the start of an empty line. */
  end(): void;
}

/** Progress on `stream`; a stream that is no terminal gets every new update as a line of its own. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const isTerminal = stream.isTTY;
  let open = false;
  let last: string | undefined;
  const clear = (): void => {
    if (open) stream.write('\r\u001b[K');
    open = false;
  };
  return {
    say(line) {
      clear();
      stream.write(`${line}\n`);
    },
    update(line) {
      if (!isTerminal) {
        if (line !== last) stream.write(`${line}\n`);
        last = line;
        return;
      }
      clear();
      stream.write(line.slice(0, Math.max(10, (stream.columns || 80) - 1)));
      open = true;
    },
    end: clear,
  };
}
