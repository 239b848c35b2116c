import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import type { CommandSpec, Scenario } from '../../../src/domain/benchmark.ts';
import type { Pair } from '../../../src/domain/trial.ts';
import { measureCommandPair } from '../../../src/measure/command/command-pair.ts';
import { readHistogram } from '../../../src/measure/load/histogram.ts';
import { Slots } from '../../../src/measure/slots.ts';
import type { PairContext } from '../../../src/measure/start-both.ts';
import { tinyConfig } from '../helpers.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Two slots with one script, which may look at the file `side`. */
function contextFor(script: string): { context: PairContext; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'perf-ci-commands-'));
  folders.push(folder);
  for (const [slot, side] of [
    ['s0', 'base'],
    ['s1', 'head'],
  ] as const) {
    mkdirSync(join(folder, slot));
    writeFileSync(join(folder, slot, 'side'), side);
    writeFileSync(join(folder, slot, 'job.sh'), `#!/bin/sh\nread -r side <side\n${script}\n`);
    chmodSync(join(folder, slot, 'job.sh'), 0o755);
  }
  const path = process.env['PATH'] ?? '';
  return {
    context: { config: tinyConfig(), slots: new Slots(folder, ''), pinning: undefined, path },
    folder,
  };
}

function scenario(command: Partial<CommandSpec> = {}, changes: Partial<Scenario> = {}): Scenario {
  return {
    name: 'job',
    kind: 'command',
    requests: [],
    command: { command: ['./job.sh'], env: {}, prepare: [], timeoutMs: 5000, outputs: [], ...command },
    load: { warmUpMs: 0, warmUpRequests: 0, connections: 1, measuredMs: 1, requestTimeoutMs: 1000 },
    gates: [],
    budgetMs: 30_000,
    ...changes,
  };
}

const request = { scenario: 'job', pairNo: 2, stage: 'explore', seed: 5 } as const;

function trialOf(
  pair: Pair,
  side: 'base' | 'head',
): NonNullable<Extract<Pair['base'], { state: 'ok' }>['trial']> {
  const outcome = pair[side];
  if (outcome.state !== 'ok') throw new Error(outcome.failure.message);
  return outcome.trial;
}

describe('a pair of a command', () => {
  it('is a sum over equal counts of fresh processes, which first by coin', async () => {
    const script =
      'echo run >>runs; head -c 1000 /dev/zero >out.bin; [ $side = head ] && echo xx >>out.bin; echo "rows: 3"';
    const { context, folder } = contextFor(script);
    const load = { ...scenario().load, measuredMs: 40 };
    const custom = [
      {
        name: 'rows',
        title: 'rows',
        unitLabel: '',
        better: 'lower',
        from: { kind: 'printed', after: 'rows:' },
      },
      {
        name: 'hits',
        title: 'hits',
        unitLabel: '',
        better: 'lower',
        from: { kind: 'served', path: '/', pointer: '' },
      },
    ] satisfies Scenario['custom'];
    const pair = await measureCommandPair(
      context,
      scenario({ outputs: ['out.bin'] }, { load, custom }),
      request,
    );

    const [base, head] = [trialOf(pair, 'base'), trialOf(pair, 'head')];
    expect(pair).toMatchObject(request);
    expect(head.requests).toBe(base.requests);
    expect(readHistogram(base.histogram).count).toBe(base.requests);
    expect(readFileSync(join(folder, 's0', 'runs'), 'utf8')).toBe('run\n'.repeat(base.requests));
    expect(base.figures?.cpu_time).toBeCloseTo(base.cpuUs / base.requests, 6);
    expect(base.figures?.wall_time).toBeGreaterThan(0);
    expect(head.figures?.bytes_written).toBe((base.figures?.bytes_written ?? 0) + 3);
    expect(base.figures?.custom_rows).toBe(3);
    expect(base.notes).toContain('no value for hits: a command serves nothing');
    expect(pair.answers).toEqual({
      compared: 1,
      different: 1,
      bytes: { base: 1000, head: 1003 },
      example: { request: 'out.bin', base: '1000 bytes', head: '1003 bytes' },
    });
  });

  it('warms the page cache in its first pair alone, and prepares before each run, unmeasured', async () => {
    const { context, folder } = contextFor('cat input >>seen; rm input');
    const prepare = ['sh', '-c', 'echo prepared >>prepared; echo $EXTRA >input'];
    const job = scenario({ prepare, env: { EXTRA: 'yes' } });
    const warm = { ...job, load: { ...job.load, warmUpRequests: 100 } };
    const pair = await measureCommandPair(context, warm, { ...request, pairNo: 1 });
    expect(trialOf(pair, 'head').requests).toBe(1);
    expect(readFileSync(join(folder, 's0', 'prepared'), 'utf8')).toBe('prepared\n'.repeat(2));
    expect(readFileSync(join(folder, 's1', 'seen'), 'utf8')).toBe('yes\nyes\n');

    await measureCommandPair(context, warm, request);
    expect(readFileSync(join(folder, 's0', 'prepared'), 'utf8')).toBe('prepared\n'.repeat(3));
  });

  it('gives both sides environments of equal names and lengths', async () => {
    const { context, folder } = contextFor('env | sort >variables');
    await measureCommandPair(context, scenario(), request);

    const [first = '', second = ''] = ['s0', 's1'].map((slot) =>
      readFileSync(join(folder, slot, 'variables'), 'utf8'),
    );
    const names = (text: string): string[] => text.split('\n').map((line) => line.split('=')[0] ?? '');
    expect(names(first)).toEqual(names(second));
    expect(first.length).toBe(second.length);
    expect(names(first)).not.toContain('PORT');
  });

  it('has a failed trial of the side that fails, and the other had its turn', async () => {
    const { context, folder } = contextFor(
      'echo run >>runs; [ $side = base ] || { echo cannot open >&2; exit 4; }',
    );
    const pair = await measureCommandPair(context, scenario(), request);

    expect(pair.head).toEqual({
      state: 'failed',
      failure: {
        kind: 'exited',
        message: 'expected the command to end with status 0, found 4',
        outputTail: 'cannot open',
      },
    });
    expect(pair.base).toMatchObject({ state: 'failed', failure: { kind: 'aborted' } });
    for (const slot of ['s0', 's1']) expect(existsSync(join(folder, slot, 'runs'))).toBe(true);
  });

  it('names what failed when preparing did', async () => {
    const { context } = contextFor('true');
    const pair = await measureCommandPair(context, scenario({ prepare: ['sh', '-c', 'exit 2'] }), request);
    for (const side of ['base', 'head'] as const) {
      expect(pair[side]).toMatchObject({
        failure: { message: 'preparing failed: expected the command to end with status 0, found 2' },
      });
    }
  });
});
