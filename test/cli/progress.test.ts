import { describe, expect, it } from 'vitest';

import { createProgress } from '../../src/cli/progress.ts';

/** What a stream was given, piece by piece. */
function fakeStream(facts: { isTTY: boolean; columns?: number }): {
  stream: NodeJS.WriteStream;
  written: string[];
} {
  const written: string[] = [];
  const stream = { ...facts, write: (text: string) => written.push(text) };
  return { stream: stream as unknown as NodeJS.WriteStream, written };
}

const CLEAR = '\r\u001b[K';

describe('progress on a terminal', () => {
  it('rewrites one line, which makes room for lines that stay', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const progress = createProgress(stream);

    progress.update('pair 1');
    progress.update('pair 2');
    progress.say('done');
    progress.update('pair 3');
    progress.end();
    progress.end();

    expect(written).toEqual(['pair 1', CLEAR, 'pair 2', CLEAR, 'done\n', 'pair 3', CLEAR]);
  });

  it('cuts what would wrap, since a wrapped line cannot be rewritten', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 20 });

    createProgress(stream).update('x'.repeat(50));

    expect(written).toEqual(['x'.repeat(19)]);
  });
});

describe('progress elsewhere', () => {
  it('is plain lines', () => {
    const { stream, written } = fakeStream({ isTTY: false });
    const progress = createProgress(stream);

    progress.update('pair 1');
    progress.say('x'.repeat(200));
    progress.end();

    expect(written).toEqual(['pair 1\n', `${'x'.repeat(200)}\n`]);
  });
});
