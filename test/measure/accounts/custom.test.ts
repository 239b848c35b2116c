import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CustomMetric } from '../../../src/domain/metric.ts';
import { readCustomNumbers, watchedTexts } from '../../../src/measure/accounts/custom.ts';
import { numberAfter, PrintedNumbers } from '../../../src/measure/accounts/printed.ts';

describe('a number behind a text', () => {
  it.each([
    ['cache hits: 0.93 of all', 'hits:', 0.93],
    ['rows=42', 'rows=', 42],
    ['rows= -1.5e3', 'rows=', -1500],
    ['rows=.5', 'rows=', 0.5],
    ['rows=+7ms', 'rows=', 7],
    ['rows=1 rows=2', 'rows=', 1],
    ['rows=many', 'rows=', undefined],
    ['rows=', 'rows=', undefined],
    ['rows=1e999', 'rows=', undefined],
    ['rows=NaN', 'rows=', undefined],
    ['rows=Infinity', 'rows=', undefined],
    ['no such text 5', 'rows=', undefined],
    ['a.b*c 5', 'a.b*c', 5],
  ])('in %j behind %j is %j', (line, after, value) => {
    expect(numberAfter(line, after)).toBe(value);
  });

  it('is that of the last whole line, in whatever pieces the output arrives', () => {
    const word = fc.constantFrom('rows: ', '1', '23', '\n', 'x', 'é', ' ', 'rows: 7\n');
    fc.assert(
      fc.property(fc.array(word), fc.array(fc.nat(40)), (words, cuts) => {
        const bytes = Buffer.from(words.join(''));
        const numbers = new PrintedNumbers(['rows: ']);
        const stream = numbers.stream();
        let from = 0;
        for (const cut of cuts) {
          stream.write(bytes.subarray(from, from + cut));
          from += cut;
        }
        stream.write(bytes.subarray(from));
        stream.end();

        const slow = words
          .join('')
          .split('\n')
          .map((line) => numberAfter(line, 'rows: '))
          .findLast((value) => value !== undefined);
        expect(numbers.last('rows: ')).toBe(slow);
      }),
    );
  });

  it('does not count while its line is unfinished, since digits may follow', () => {
    const numbers = new PrintedNumbers(['n ']);
    const stream = numbers.stream();
    stream.write('n 1');
    expect(numbers.last('n ')).toBeUndefined();
    stream.write('2\n');
    expect(numbers.last('n ')).toBe(12);
  });

  it('is looked for in the beginning of an endless line only, and two streams do not mix', () => {
    const numbers = new PrintedNumbers(['n ']);
    const [out, err] = [numbers.stream(), numbers.stream()];
    out.write('n ');
    err.write('5\n');
    expect(numbers.last('n ')).toBeUndefined();
    for (let part = 0; part < 40; part += 1) err.write('x'.repeat(1000));
    err.write('n 9\n');
    expect(numbers.last('n ')).toBeUndefined();
    out.write('5\n');
    expect(numbers.last('n ')).toBe(5);
  });
});

describe('the numbers of a service', () => {
  let server: Server;
  let port = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/broken') response.end('{');
      else if (request.url === '/gone') response.writeHead(404).end('{"a":1}');
      else if (request.url === '/cut') response.socket?.destroy();
      else response.end(JSON.stringify({ recall: { at10: 0.91 }, name: 'x', big: 1, list: [3] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  const metric = (name: string, from: CustomMetric['from']): CustomMetric => ({
    name,
    title: name,
    unitLabel: '',
    better: 'higher',
    from,
  });
  const served = (name: string, path: string, pointer: string): CustomMetric =>
    metric(name, { kind: 'served', path, pointer });

  it('are those served and those printed, and what is missing is said', async () => {
    const metrics = [
      served('recall', '/stats', '/recall/at10'),
      served('first', '/stats', '/list/0'),
      served('text', '/stats', '/name'),
      served('none', '/stats', '/nothing'),
      served('broken', '/broken', ''),
      served('gone', '/gone', '/a'),
      served('cut', '/cut', '/a'),
      metric('rows', { kind: 'printed', after: 'rows:' }),
      metric('silent', { kind: 'printed', after: 'never' }),
    ];
    expect(watchedTexts(metrics)).toEqual(['rows:', 'never']);

    const found = await readCustomNumbers(metrics, {
      port,
      printed: (after) => (after === 'rows:' ? 12 : undefined),
    });

    expect(found.figures).toEqual({ custom_recall: 0.91, custom_first: 3, custom_rows: 12 });
    expect(found.notes).toEqual([
      'no value for text: expected a number at "/name" of /stats, found none',
      'no value for none: expected a number at "/nothing" of /stats, found none',
      'no value for broken: expected a number at "" of /broken, found no JSON',
      'no value for gone: expected a number at "/a" of /gone, found status 404',
      expect.stringMatching(/^no value for cut: expected a number at "\/a" of \/cut, found /),
      'no value for silent: expected a line of output with "never" and a number, found none',
    ]);
  });
});
