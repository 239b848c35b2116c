import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import type { ServiceSpec } from '../domain/benchmark.ts';
import { SIDES, type Side } from '../domain/trial.ts';

/**
 * The two folders that the sides run in. Their names have the same length and each pair says by coin which
 * side gets which: a path's length alone can move a process's stack and, with it, its speed.
 */
export class Slots {
  readonly #folder: string;
  readonly #directory: string;
  #inFirst: Side;

  /**
   * `folder` holds `s0` with the built base and `s1` with the built head when it is first used; services start in
   * `directory`.
   */
  constructor(folder: string, directory: string) {
    this.#folder = folder;
    this.#directory = directory;
    this.#inFirst = this.#whoIsInFirst();
  }

  /**
   * A later runner finds the sides as an earlier one left them, perhaps swapped, perhaps in the middle of it. So the
   * first one notes what the base's folder is (its inode, which a rename keeps) and all others look.
   */
  #whoIsInFirst(): Side {
    const [s0, s1, aside] = this.#paths();
    const note = join(this.#folder, 'base-inode');
    if (!existsSync(note)) {
      // As a whole or not at all: an empty note would say that the base lies elsewhere.
      writeFileSync(`${note}.new`, String(statSync(s0).ino));
      renameSync(`${note}.new`, note);
      return 'base';
    }
    if (existsSync(aside)) {
      // One of the other two is gone: what lies aside goes there.
      renameSync(aside, existsSync(s0) ? s1 : s0);
    }
    return readFileSync(note, 'latin1') === String(statSync(s0).ino) ? 'base' : 'head';
  }

  #paths(): [string, string, string] {
    return [join(this.#folder, 's0'), join(this.#folder, 's1'), join(this.#folder, 'sx')];
  }

  /**
   * Puts `first` into `s0` and the other side into `s1`; no service may be running.
   * @returns the folder in which each side's service starts
   */
  arrange(first: Side): Record<Side, string> {
    const [s0, s1, aside] = this.#paths();
    if (this.#inFirst !== first) {
      renameSync(s0, aside);
      renameSync(s1, s0);
      renameSync(aside, s1);
      this.#inFirst = first;
    }
    const [start0, start1] = [join(s0, this.#directory), join(s1, this.#directory)];
    return first === 'base' ? { base: start0, head: start1 } : { base: start1, head: start0 };
  }
}

/** A free port of 127.0.0.1 with five digits, so that both environments have the same length. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
      });
    });
    if (port >= 10_000) return port;
  }
}

/** The neighbour of a fixed port, with as many digits, so that both environments have the same length. */
function neighbourOf(port: number): number {
  return port === 65_535 || port === 9999 ? port - 1 : port + 1;
}

/**
 * One port for each side; `first` gets the first. A fixed `port` in the configuration names one of two neighbours, since
 * both sides run at once.
 */
export async function choosePorts(port: ServiceSpec['port'], first: Side): Promise<Record<Side, number>> {
  let pair: [number, number];
  if (port === 'auto') {
    const one = await freePort();
    let other = await freePort();
    while (other === one) other = await freePort();
    pair = [one, other];
  } else {
    pair = [port, neighbourOf(port)];
  }
  return first === SIDES[0] ? { base: pair[0], head: pair[1] } : { base: pair[1], head: pair[0] };
}
