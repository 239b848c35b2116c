import { describe, expect, it } from 'vitest';
import { judgeLines } from '../../src/analyse/judge-lines.ts';
import type { JudgedLine, JudgeLinesOptions } from '../../src/analyse/judge-lines.ts';
import type { Pair, Trial } from '../../src/domain/trial.ts';
import { evenly, pair, pairsWith } from './builders.ts';

async function judged(lines: string[], options: JudgeLinesOptions = {}): Promise<JudgedLine[]> {
  const answers: JudgedLine[] = [];
  for await (const answer of judgeLines(lines, options)) answers.push(answer);
  return answers;
}

function recorded(effect: number): string[] {
  return [...pairsWith(evenly(5, effect, 0.004)), ...pairsWith(evenly(6, effect, 0.004), 'confirm', 6)].map(
    (each) => JSON.stringify(each),
  );
}

function okTrial(one: Pair | undefined): Trial {
  if (one?.head.state !== 'ok') throw new Error('expected a pair that worked');
  return one.head.trial;
}

const CASE = JSON.stringify({ case: 'a', base: [100, 101, 99, 100, 102], head: [110, 111, 109, 110, 113] });

describe('judgeLines', () => {
  it('answers each bare case with one line', async () => {
    const [line, ...more] = await judged([CASE, '', '  ']);

    expect(more).toEqual([]);
    expect(Object.keys(line as object)).toEqual(['case', 'verdict', 'estimate', 'lo', 'hi', 'pairs']);
    expect(line).toMatchObject({ case: 'a', verdict: 'regressed', pairs: 5 });
    expect(line?.estimate).toBeCloseTo(0.1, 2);
  });

  it('answers a case before the next one arrives', async () => {
    async function* slow() {
      yield CASE;
      await Promise.reject(new Error('the source broke'));
      yield CASE;
    }
    const answers = judgeLines(slow())[Symbol.asyncIterator]();

    const first = await answers.next();

    expect(first.value).toMatchObject({ case: 'a' });
    await expect(answers.next()).rejects.toThrow('the source broke');
  });

  it('judges every figure that recorded trials have, and lets all gates of one input share the error rate', async () => {
    const lines = ['everyday', 'nightly'].flatMap((scenario) =>
      pairsWith(evenly(5, 0, 0.004)).map((each) => {
        const side = (perSecond: number) => ({
          figures: { throughput: perSecond, custom_rows: -3 },
          counts: { errors: { hits: 0, of: 500 } },
          generator: { keptUp: true, offered: 1, sent: 1, lateP99Ms: 0.1, lateMaxMs: 0.2 },
          notes: ['no huge pages'],
          cpuSource: 'cgroup' as const,
        });
        const trials = pair({ ...each, base: side(1000 + each.pairNo), head: side(1001 + each.pairNo) });
        return JSON.stringify({ ...trials, scenario });
      }),
    );

    const answers = await judged(lines, {
      gates: [{ metric: 'throughput', threshold: 0.03 }],
    });

    const gating = answers.filter(({ detail }) => detail?.threshold !== undefined);
    expect(gating.map((answer) => answer.case)).toEqual(['everyday/throughput', 'nightly/throughput']);
    expect(gating[0]?.detail).toMatchObject({ verdict: 'unchanged', family: 2, interval: { level: 0.975 } });
    expect(answers.map((answer) => answer.case)).toContain('everyday/custom_rows');
    expect(answers.map((answer) => answer.case)).toContain('everyday/errors');
  });

  it.each([
    { what: 'an unknown metric', trial: { figures: { speed: 1 } }, says: 'expected the name of a metric' },
    {
      what: 'a figure that is none',
      trial: { figures: { throughput: 'fast' } },
      says: 'expected a finite number',
    },
    {
      what: 'more hits than requests',
      trial: { counts: { errors: { hits: 2, of: 1 } } },
      says: 'hits <= of',
    },
  ])('refuses $what', async ({ trial, says }) => {
    const [one] = pairsWith([0]);
    const broken = { ...one, head: { state: 'ok', trial: { ...okTrial(one), ...trial } } };

    await expect(judged([JSON.stringify(broken)])).rejects.toThrow(says);
  });

  it('answers recorded trials with one line for every scenario and metric', async () => {
    const lines = await judged(recorded(0.05));

    expect(lines.map((line) => line.case)).toEqual([
      'everyday/cpu_per_request',
      'everyday/latency_p50',
      'everyday/latency_p90',
      'everyday/latency_p99',
      'everyday/memory_peak',
      'everyday/startup',
    ]);
    expect(lines[0]).toMatchObject({
      verdict: 'regressed',
      pairs: 9,
      detail: { confirmation: { held: true } },
    });
    expect(lines[1]).toMatchObject({ verdict: 'unchanged', estimate: 0 });
  });

  it('gates on what it is told', async () => {
    const lines = await judged(recorded(0.05), { gates: [{ metric: 'startup', threshold: 0.1 }] });

    expect(lines.map(({ detail }) => detail?.threshold)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      0.1,
    ]);
  });

  it('never calls a side that fails faster', async () => {
    const lines = [1, 2].map((pairNo) => JSON.stringify(pair({ pairNo, head: 'failed' })));

    const verdicts = await judged(lines);

    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['inconclusive']));
  });

  it('answers nothing of recorded trials when a line is broken, and names the line', async () => {
    const answers: JudgedLine[] = [];
    const read = async () => {
      for await (const line of judgeLines([...recorded(0.05), '{"scenario":"every'])) answers.push(line);
    };

    await expect(read()).rejects.toThrow('line 12: expected one complete JSON object');
    expect(answers).toEqual([]);
  });

  it.each([
    { what: 'nothing', lines: ['', ' '], code: 'recorded-empty' },
    { what: 'cases after pairs', lines: [...recorded(0), CASE], code: 'recorded-forms-mixed' },
    { what: 'pairs after cases', lines: [CASE, ...recorded(0)], code: 'recorded-forms-mixed' },
    {
      what: 'a pair twice',
      lines: [...recorded(0), recorded(0)[0] as string],
      code: 'recorded-pair-repeated',
    },
    {
      what: 'more pairs than can be judged',
      lines: Array.from({ length: 2001 }, (_, i) => JSON.stringify(pair({ pairNo: i + 1 }))),
      code: 'recorded-too-many',
    },
  ])('refuses $what', async ({ lines, code }) => {
    await expect(judged(lines)).rejects.toMatchObject({ code, blame: 'usage' });
  });
});
