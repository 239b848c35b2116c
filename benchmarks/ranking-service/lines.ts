import { createReadStream } from 'node:fs';

/** A line of a log of events is a hundred characters long; one of this length is another kind of file. */
const LONGEST_LINE = 64 * 1024;

/**
 * Hands the lines of a text file to `take` one after the other, a chunk in memory at a time. Empty lines are passed over.
 * @returns how many lines were taken
 * @throws Error that begins with `file:line:` when `take` throws or a line has no end
 */
export async function readLines(file: string, take: (line: string) => void): Promise<number> {
  let rest = '';
  let lineNo = 0;
  let taken = 0;

  function takeOne(line: string) {
    lineNo += 1;
    if (line === '') return;
    try {
      if (line.length > LONGEST_LINE) throw new Error(`expected lines of at most ${LONGEST_LINE} characters`);
      take(line);
      taken += 1;
    } catch (error) {
      throw new Error(`${file}:${lineNo}: ${(error as Error).message}`, { cause: error });
    }
  }

  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) takeOne(line);
    if (rest.length > LONGEST_LINE) takeOne(rest);
  }
  takeOne(rest);
  return taken;
}
