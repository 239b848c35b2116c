import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAggregation } from '../../benchmarks/ranking-service/aggregate.ts';
import { FULL_SIZE } from '../../benchmarks/ranking-service/corpus.ts';
import { parseEvent } from '../../benchmarks/ranking-service/events.ts';
import { readFeatureTables } from '../../benchmarks/ranking-service/feature-tables.ts';
import { runToItsEnd, SERVICE_DIRECTORY, startService } from './start-service.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perf-ci-build-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program of the service in the test's folder. */
function runProgram(name: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(SERVICE_DIRECTORY, name), ...args],
      { cwd: folder },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const GOOD = '{"type":"impression","user":1,"item":2,"category":3,"device":"tv","hour":4}';

describe('the offline feature build', () => {
  it('goes from seeded events to the tables that the service serves from', async () => {
    const [made, again] = await Promise.all(
      ['a.jsonl', 'b.jsonl'].map((out) => runProgram('make-events.ts', '--out', out, '--count', '5000')),
    );
    const built = await runProgram('build-features.ts', '--events', 'a.jsonl', '--out', 'tables');
    const rebuilt = await runProgram('build-features.ts', '--events', 'b.jsonl', '--out', 'others');
    const service = await startService(SERVICE_DIRECTORY, { FEATURES: join(folder, 'tables') });
    const response = await fetch(`${service.address}/rank`, {
      method: 'POST',
      body: JSON.stringify({
        userId: 1,
        k: 3,
        context: { device: 'phone', hour: 18, locale: 'fr', surface: 'home' },
      }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    await service.stop();

    expect([made, again, rebuilt].map((ended) => ended?.code)).toEqual([0, 0, 0]);
    expect(built).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^build-features: 5000 events, \d+ repeated clicks left out, features\.bin of 402752 bytes\n$/,
      ),
    });
    const events = await readFile(join(folder, 'a.jsonl'), 'utf8');
    expect(await readFile(join(folder, 'b.jsonl'), 'utf8')).toBe(events);
    const tables = await readFile(join(folder, 'tables', 'features.bin'));
    expect(await readFile(join(folder, 'others', 'features.bin'))).toEqual(tables);
    const aggregation = createAggregation(FULL_SIZE.items);
    for (const line of events.trimEnd().split('\n')) aggregation.add(parseEvent(line, FULL_SIZE.items));
    expect(readFeatureTables(join(folder, 'tables'), FULL_SIZE.items)).toEqual(aggregation.tables());
    expect(Object.keys(answer)).toEqual(['ids', 'scores', 'stageMs']);
    expect(answer['ids']).toHaveLength(3);
  });

  it.each([
    ['nothing', '', 'bad.jsonl: expected events, found none'],
    [
      'a wrong line behind good ones',
      `${GOOD}\n\n${GOOD}\n${GOOD.replace('"tv"', '"fridge"')}\n${GOOD}\n`,
      'bad.jsonl:4: expected device to be one of phone, tablet, desktop, tv, found "fridge"',
    ],
    [
      'a last line that breaks off',
      `${GOOD}\n${GOOD.slice(0, 20)}`,
      'bad.jsonl:2: expected one JSON object, found "{\\"type\\":\\"impression\\""',
    ],
    [
      'no line at all in a megabyte',
      'x'.repeat(2 ** 20),
      'bad.jsonl:1: expected lines of at most 65536 characters',
    ],
  ])('refuses a log with %s, and leaves no tables behind', async (_case, text, message) => {
    await writeFile(join(folder, 'bad.jsonl'), text);

    const { code, stdout, stderr } = await runProgram(
      'build-features.ts',
      '--events',
      'bad.jsonl',
      '--out',
      'none',
    );

    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: `build-features: ${message}\n`,
    });
    expect(await readdir(folder)).not.toContain('none');
  });

  it('says what is wrong with its options', async () => {
    const ended = await Promise.all([
      runProgram('build-features.ts', '--out', 'x'),
      runProgram('build-features.ts', '--events', 'missing.jsonl', '--out', 'x'),
      runProgram('make-events.ts', '--out', 'x', '--count', 'many'),
    ]);

    expect(ended.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(ended.map(({ stderr }) => stderr)).toEqual([
      'build-features: expected --events with a name, found none\n',
      expect.stringMatching(/^build-features: ENOENT: no such file or directory, open 'missing\.jsonl'\n$/),
      'make-events: expected --count to be a whole number from 1 to 10000000, found "many"\n',
    ]);
  });

  it('whose tables are damaged keeps the service from starting, in one line', async () => {
    await writeFile(join(folder, 'features.bin'), 'RSFEAT01 and then nothing that fits'.padEnd(100));

    const { code, stderr } = await runToItsEnd({ PORT: '0', FEATURES: folder });

    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^ranking-service: .*features\.bin: expected bytes that fit their checksum, found others; build the tables anew\n$/,
    );
  });
});
