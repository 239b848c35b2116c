import { fileURLToPath } from 'node:url';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { HostCheck, HostFacts, HostHistory } from '../../src/measure/host/host-facts.ts';
import { hostFactsSchema } from '../../src/measure/host/host-facts.ts';
import { lookAtHost } from '../../src/measure/host/look.ts';
import { assessPreflight, FEWEST_CHECKS } from '../../src/measure/host/preflight.ts';
import { settleHost } from '../../src/measure/host/settle.ts';

const quiet: HostFacts = {
  cpuCount: 2,
  lookMs: 500,
  stealShare: 0,
  othersShare: 0.02,
  cpuPressure: 0.01,
  load1: 0.2,
  alu: { medianUs: 2400, cv: 0.0033 },
  randomRead: { medianUs: 2400, cv: 0.02 },
  probe: '1, Node 24.0.0',
  missing: [],
};
const facts = (changes: Partial<HostFacts>): HostFacts => ({ ...quiet, ...changes });
const past = Array.from({ length: 30 }, () => quiet);

describe('the judgement of a machine', () => {
  it('accepts a quiet one without a word', () => {
    expect(assessPreflight(quiet, past)).toEqual({
      outcome: 'accepted',
      steady: true,
      reasons: [],
      notes: [],
    });
  });

  it.each<[string, Partial<HostFacts>, Partial<HostFacts>, RegExp]>([
    ['steal', { stealShare: 0.011 }, { stealShare: 0.051 }, /other guests .* took 5\.1 % of the CPU time/],
    ['pressure', { cpuPressure: 0.21 }, { cpuPressure: 0.51 }, /waited for a CPU 51\.0 % of the time/],
    ['load', { othersShare: 0.6, load1: 1.1 }, { othersShare: 0.6, load1: 2.1 }, /load 2\.1 on 2 CPUs/],
    [
      'arithmetic',
      { alu: { medianUs: 2400, cv: 0.021 } },
      { alu: { medianUs: 2400, cv: 0.051 } },
      /arithmetic varied by 5\.1 %/,
    ],
    [
      'memory',
      { randomRead: { medianUs: 2400, cv: 0.101 } },
      { randomRead: { medianUs: 2400, cv: 0.21 } },
      /memory reads varied by 21\.0 %/,
    ],
  ])('flags and then refuses %s, and is not steady', (_what, flagged, refused, words) => {
    expect(assessPreflight(facts(flagged), past)).toMatchObject({ outcome: 'flagged', steady: false });
    const preflight = assessPreflight(facts(refused), past);
    expect(preflight).toMatchObject({ outcome: 'refused', steady: false });
    expect(preflight.reasons).toEqual([expect.stringMatching(words)]);
  });

  it.each<[string, Partial<HostFacts>, string, string]>([
    ['arithmetic', { alu: { medianUs: 2500, cv: 0 } }, 'flagged', '4.2 % slower than usual here'],
    ['arithmetic', { alu: { medianUs: 2700, cv: 0 } }, 'refused', '12.5 % slower than usual here'],
    ['arithmetic', { alu: { medianUs: 2300, cv: 0 } }, 'flagged', '4.2 % quicker than usual here'],
    ['memory reads', { randomRead: { medianUs: 2700, cv: 0 } }, 'flagged', '12.5 % slower than usual here'],
    ['memory reads', { randomRead: { medianUs: 3200, cv: 0 } }, 'refused', '33.3 % slower than usual here'],
  ])('compares %s with the past: %j is %s, and steady in itself', (what, changes, outcome, words) => {
    const preflight = assessPreflight(facts(changes), past);

    expect(preflight).toMatchObject({ outcome, steady: true });
    expect(preflight.reasons).toEqual([`a loop of ${what} was ${words}`]);
  });

  it('does not take the load average of its own build for a neighbour', () => {
    const afterBuild = { load1: 3.9, othersShare: 0.03, cpuPressure: 0.05 };

    expect(assessPreflight(facts(afterBuild), past).outcome).toBe('accepted');
  });

  it('goes by the load average where nothing says what runs now', () => {
    const {
      stealShare: _steal,
      othersShare: _others,
      cpuPressure: _pressure,
      ...rest
    } = facts({ load1: 2.5 });

    expect(assessPreflight(rest, past)).toMatchObject({
      outcome: 'refused',
      reasons: ['load 2.5 on 2 CPUs'],
    });
  });

  it('says so when there is too little past, or one of another probe', () => {
    const slow = facts({ alu: { medianUs: 9999, cv: 0 } });
    const words = (known: number): string[] => [
      `the machine was not compared with its own past: ${known} of ${FEWEST_CHECKS} looks are known`,
    ];

    expect(assessPreflight(slow, past.slice(0, 4))).toMatchObject({ outcome: 'accepted', notes: words(4) });
    const otherNode = past.map((check) => ({ ...check, probe: '1, Node 26.0.0' }));
    expect(assessPreflight(slow, otherNode)).toMatchObject({ outcome: 'accepted', notes: words(0) });
    expect(assessPreflight(slow, past.slice(0, 5)).outcome).toBe('refused');
  });

  it('never finds a machine better for more of any disturbance', () => {
    const order = ['accepted', 'flagged', 'refused'];
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const loop = fc.record({ medianUs: fc.constant(2400), cv: share });
    fc.assert(
      fc.property(
        fc.record({
          stealShare: share,
          othersShare: share,
          cpuPressure: share,
          load1: share,
          alu: loop,
          randomRead: loop,
        }),
        fc.record({ stealShare: share, othersShare: share, cpuPressure: share, load1: share }),
        (some, more) => {
          const worse = { ...some };
          for (const key of ['stealShare', 'othersShare', 'cpuPressure', 'load1'] as const)
            worse[key] += more[key];
          const rank = (changes: Partial<HostFacts>): number =>
            order.indexOf(assessPreflight(facts(changes), past).outcome);
          expect(rank(worse)).toBeGreaterThanOrEqual(rank(some));
        },
      ),
    );
  });
});

/** A past that remembers what it is told. */
function memory(known: HostFacts[] = []): HostHistory & { added: HostCheck[] } {
  const added: HostCheck[] = [];
  return {
    added,
    steadyChecks: () => Promise.resolve(known),
    add: (check) => Promise.resolve(void added.push(check)),
  };
}

/** Looks that find these facts, one after the other, and the last for ever. */
function looks(...found: HostFacts[]): { look: () => Promise<HostFacts>; count: () => number } {
  let at = 0;
  return {
    look: () => Promise.resolve(found[Math.min(at++, found.length - 1)] as HostFacts),
    count: () => at,
  };
}

describe('waiting for a machine', () => {
  const noisy = facts({ cpuPressure: 0.9 });

  it('looks again until it has settled, says once that it waits, and remembers the last look only', async () => {
    const history = memory(past);
    const { look, count } = looks(noisy, noisy, quiet);
    const waits: (readonly string[])[] = [];

    const readiness = await settleHost({
      mode: 'refuse',
      look,
      history,
      pauseMs: 1,
      onWait: (reasons) => waits.push(reasons),
    });

    expect(readiness).toEqual({ notes: [], flags: [], facts: quiet });
    expect(count()).toBe(3);
    expect(waits).toEqual([['tasks waited for a CPU 90.0 % of the time']]);
    expect(history.added).toEqual([{ facts: quiet, outcome: 'accepted', steady: true }]);
  });

  it('refuses one that does not settle, and remembers that', async () => {
    const history = memory(past);
    const { look } = looks(noisy);

    const refusal = settleHost({ mode: 'refuse', look, history, settleMs: 10, pauseMs: 1 });

    await expect(refusal).rejects.toMatchObject({
      code: 'host-unsteady',
      retryable: true,
      message: expect.stringContaining('90.0 % of the time'),
    });
    expect(history.added).toEqual([{ facts: noisy, outcome: 'refused', steady: false }]);
  });

  it('measures on it all the same when told to flag only, without waiting', async () => {
    const { look, count } = looks(noisy);

    const readiness = await settleHost({ mode: 'flag', look, history: memory(past) });

    expect(count()).toBe(1);
    expect(readiness.flags).toHaveLength(1);
    expect(readiness.notes).toEqual([
      'before the first pair tasks waited for a CPU 90.0 % of the time (too restless for sharp answers)',
    ]);
  });

  it('does not look at all when told so, and says that', async () => {
    const { look, count } = looks(noisy);

    const readiness = await settleHost({ mode: 'off', look });

    expect(count()).toBe(0);
    expect(readiness).toEqual({ notes: ['the machine was not looked at before measuring'], flags: [] });
  });

  it('ends at once when the run is called off', async () => {
    const abort = new AbortController();
    const waiting = settleHost({
      mode: 'refuse',
      look: looks(noisy).look,
      signal: abort.signal,
      onWait: () => abort.abort(),
    });

    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('takes a machine that has changed for good for what it is, after half of the remembered looks', async () => {
    const known = [...past];
    const slower = facts({ alu: { medianUs: 3000, cv: 0.003 } });
    const history: HostHistory = {
      steadyChecks: () => Promise.resolve(known.slice(0, 30)),
      add: ({ facts: seen, steady }) => Promise.resolve(steady ? void known.unshift(seen) : undefined),
    };
    let refusals = 0;
    for (let attempt = 0; attempt < 40; attempt += 1) {
      try {
        await settleHost({ mode: 'refuse', look: () => Promise.resolve(slower), history, settleMs: 0 });
        break;
      } catch {
        refusals += 1;
      }
    }

    expect(refusals).toBe(16);
  });
});

describe('a look at this machine', () => {
  const probeCommand = [
    process.execPath,
    fileURLToPath(new URL('../../src/measure/host/probe.ts', import.meta.url)),
  ];

  it('times both loops on the CPU it is pinned to', async () => {
    const found = await lookAtHost({ probeCommand, cpu: '0' });

    expect(hostFactsSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found);
    expect(found.alu?.medianUs).toBeGreaterThan(0);
    expect(found.randomRead?.medianUs).toBeGreaterThan(0);
    expect(found.probe).toContain(process.versions.node);
    expect(found.missing.filter((line) => line.includes('loops'))).toEqual([]);
  });

  it.each([
    ['prints nonsense', ['sh', '-c', 'echo nonsense']],
    ['fails', ['sh', '-c', 'exit 3']],
    ['is not there', ['/nonexistent/probe']],
    ['prints hostile times', ['sh', '-c', `echo '{"aluUs":[1,1e999],"readUs":[-1,0],"cpuUs":1,"node":"x"}'`]],
  ])('goes without the loops when the probe %s, and says so', async (_what, command) => {
    const found = await lookAtHost({ probeCommand: command, lookMs: 20 });

    expect(found.alu).toBeUndefined();
    expect(found.missing).toContainEqual(expect.stringContaining('the loops could not be timed'));
    expect(assessPreflight(found, past).notes).toContainEqual(expect.stringContaining('loops'));
  });
});
