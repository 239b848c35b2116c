import { describe, expect, it } from 'vitest';
import { makeMarker, readMarker } from '../../src/report/marker.ts';

const KEY = 'a key of this installation of perf-ci';
const MARKER = { repoId: '1001', pullNumber: 17, version: 3 };

describe('a marker', () => {
  it('is read back from the last line of a comment', () => {
    const body = `### verdict\n\ntext\n\n${makeMarker(KEY, MARKER)}`;

    expect(readMarker(KEY, body)).toEqual(MARKER);
    expect(readMarker(KEY, `${body.replaceAll('\n', '\r\n')}\r\n`)).toEqual(MARKER);
  });

  it('has the agreed form', () => {
    expect(makeMarker(KEY, MARKER)).toMatch(/^<!-- perf-ci v=1 slot=1001\/17 ver=3 mac=[0-9a-f]{16} -->$/);
  });

  it.each([
    ['another key', (marker: string) => marker, 'another key of another installation'],
    ['another slot', (marker: string) => marker.replace('1001/17', '1001/18'), KEY],
    ['another version', (marker: string) => marker.replace('ver=3', 'ver=4'), KEY],
    ['another mac', (marker: string) => marker.replace(/mac=../, 'mac=00'), KEY],
    ['upper case', (marker: string) => marker.toUpperCase(), KEY],
    ['text after it', (marker: string) => `${marker}\nmore`, KEY],
    ['text before it on its line', (marker: string) => `x ${marker}`, KEY],
    ['a quote', (marker: string) => `> ${marker}`, KEY],
    ['half of it', (marker: string) => marker.slice(0, 40), KEY],
  ])('is refused with %s', (_, change, key) => {
    expect(readMarker(key, `body\n${change(makeMarker(KEY, MARKER))}`)).toBeUndefined();
  });

  it('needs a key that cannot be guessed', () => {
    expect(() => makeMarker('short', MARKER)).toThrow('at least 16 characters');
  });
});
