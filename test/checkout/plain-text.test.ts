import { describe, expect, it } from 'vitest';
import { LogBuffer } from '../../src/checkout/log-buffer.ts';
import { lastLines, toPlainText } from '../../src/checkout/plain-text.ts';

describe('toPlainText', () => {
  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['a window title', '\u001b]0;owned\u0007text', 'text'],
    ['a link', '\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\', 'click'],
    ['a lone escape', 'a\u001b', 'a'],
    ['progress bars', '10%\r50%\r100%\r\n', '10%\n50%\n100%\n'],
    ['NUL, bell and backspace', 'a\u0000b\u0007c\u0008d', 'a\uFFFDb\uFFFDc\uFFFDd'],
    ['direction marks', 'a\u202Eb\u2066c', 'a\uFFFDb\uFFFDc'],
    ['tabs and line ends', 'a\tb\nc', 'a\tb\nc'],
  ])('cleans %s', (_what, hostile, plain) => {
    expect(toPlainText(hostile)).toBe(plain);
  });

  it('reads bytes that are not UTF-8', () => {
    expect(toPlainText(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\uFFFDb');
  });
});

describe('lastLines', () => {
  it('keeps the last lines and cuts long ones', () => {
    const text = `one\ntwo\n${'x'.repeat(600)}\n\n\n`;

    expect(lastLines(text, 2, 10)).toBe('two\nxxxxxxxxx…');
  });

  it('gives nothing for nothing', () => {
    expect(lastLines('')).toBe('');
  });
});

describe('LogBuffer', () => {
  it('keeps a short log whole', () => {
    const log = new LogBuffer(20);

    log.append('0123456789');
    log.append('abcdefghij');

    expect(log.read()).toEqual({ content: '0123456789abcdefghij', truncated: false });
  });

  it('keeps head and tail of a long log and says how much is missing', () => {
    const log = new LogBuffer(20);

    log.append('0123456789abcdefghij');
    log.append('K');

    expect(log.read()).toEqual({
      content: '0123456789\n[perf-ci] 1 bytes left out here\nbcdefghijK',
      truncated: true,
    });
  });

  it('gives the same for any way in which the output is cut into pieces', () => {
    const output = Array.from({ length: 997 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
    const expected = `${output.slice(0, 50)}\n[perf-ci] 897 bytes left out here\n${output.slice(-50)}`;

    for (const step of [1, 3, 49, 50, 51, 100, 101, 997]) {
      const log = new LogBuffer(100);
      for (let at = 0; at < output.length; at += step) log.append(output.slice(at, at + step));

      expect(log.read()).toEqual({ content: expected, truncated: true });
      expect(log.totalBytes).toBe(997);
    }
  });
});
