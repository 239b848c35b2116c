import { describe, expect, it } from 'vitest';
import type { ControlStanding } from '../../src/domain/control.ts';
import type { FrameDifference } from '../../src/domain/diagnosis.ts';
import { describeAnswers } from '../../src/report/answers.ts';
import { describeCertainty } from '../../src/report/certainty.ts';
import { controlRows, describeBlocked } from '../../src/report/control.ts';
import { describeSecondOpinion, describeWhereItWent } from '../../src/report/diagnosis.ts';
import { judgedHeadline } from '../../src/report/judged-headline.ts';
import { renderComment } from '../../src/report/comment.ts';
import { MARKDOWN } from '../../src/report/style.ts';
import type { JudgedResult } from '../../src/report/view.ts';
import { absolute, COUNTED, judged, PROFILE, REGRESSED, verdict, view } from './helpers/builders.ts';

const UNCHANGED = verdict('unchanged', 0.001, [-0.008, 0.012]);

function withFrames(frames: Partial<FrameDifference>[]): JudgedResult {
  const all = frames.map((frame) => ({
    name: 'f',
    file: '',
    baseUs: 0,
    headUs: 0,
    touched: false,
    ...frame,
  }));
  return judged('fail', [REGRESSED], { profiles: [{ ...PROFILE, frames: all }] });
}

describe('where it went', () => {
  it('names at most three functions, those that grew most, whatever their order', () => {
    const result = withFrames([
      { name: 'shrunk', baseUs: 900, headUs: 100 },
      { name: 'third', baseUs: 10, headUs: 40 },
      { name: 'first', baseUs: 0, headUs: 1_250, file: 'src/a.ts', touched: true },
      { name: 'fourth', headUs: 20 },
      { name: 'second', headUs: 300, touched: true },
    ]);

    expect(describeWhereItWent(result, MARKDOWN)).toBe(
      '**Where it went:** `first` +1.25 ms/request (`src/a.ts`, changed here), `second` +300 µs/request (changed here)',
    );
  });

  it('says so when nothing grew', () => {
    expect(describeWhereItWent(withFrames([{ baseUs: 5, headUs: 4 }]), MARKDOWN)).toBe(
      '**Where it went:** no function takes more time on head',
    );
  });

  it('is about the scenario of the first line', () => {
    const other = { ...PROFILE, scenario: 'rank-50', frames: [] };
    const result = judged('fail', [REGRESSED], { profiles: [other, PROFILE] });

    expect(describeWhereItWent(result, MARKDOWN)).toContain('scoreCandidates');
  });

  it('links to the flame graphs only where there is a public address', () => {
    const result = judged('fail', [REGRESSED], { profiles: [PROFILE] });
    const runPage = 'https://perf.example.org/runs/1';

    expect(renderComment(view(result, { urls: { runPage } }))).toContain(`[flame graphs](${runPage})`);
    expect(renderComment(view(result))).not.toContain('flame graphs');
    expect(renderComment(view(result, { urls: { runPage: 'javascript:alert(1)' } }))).not.toContain(
      'flame graphs',
    );
  });

  it('is left out when nobody profiled', () => {
    expect(describeWhereItWent(judged('pass', [UNCHANGED]), MARKDOWN)).toBeUndefined();
    expect(describeSecondOpinion(judged('pass', [UNCHANGED]), MARKDOWN)).toBeUndefined();
  });
});

describe('the second opinion', () => {
  it('never changes the first line', () => {
    const without = judged('fail', [REGRESSED]);
    const against = { ...without, secondOpinions: [{ ...COUNTED, change: -0.2 }] };

    expect(judgedHeadline(against, MARKDOWN)).toBe(judgedHeadline(without, MARKDOWN));
    expect(describeSecondOpinion(against, MARKDOWN)).toContain('instructions per request −20.0 % (valgrind)');
  });
});

describe('certainty', () => {
  const standing: ControlStanding = {
    scenario: 'rank-200',
    metric: 'cpu_per_request',
    jobs: 23,
    noiseBand: 0.011,
    falseAlarms: 0,
    planted: [],
  };

  it('cites the control of the metric that it is about, and of no other', () => {
    const controls = [standing, { ...standing, metric: 'startup' as const, jobs: 99, falseAlarms: 9 }];
    const text = describeCertainty(judged('fail', [REGRESSED], { controls }), MARKDOWN);

    expect(text).toContain('Same-code control: ±1.1 %, 0 false alarms in 23 jobs.');
    expect(text).not.toContain('99');
  });

  it('sums the controls of all that gate when nothing changed, and says the widest band', () => {
    const controls = [
      standing,
      { ...standing, scenario: 'floor', jobs: 10, noiseBand: 0.018, falseAlarms: 1 },
    ];
    const verdicts = [UNCHANGED, { ...UNCHANGED, scenario: 'floor' }];
    const text = describeCertainty(judged('pass', verdicts, { controls }), MARKDOWN);

    expect(text).toContain('Same-code control: at most ±1.8 %, 1 false alarm in 33 jobs.');
  });

  it('counts a job once for all metrics of its scenario, and says no band of bytes in percent', () => {
    const growth = absolute('unchanged', 3, [-20, 26], { metric: 'memory_growth', gates: 512 });
    const controls = [standing, { ...standing, metric: 'memory_growth' as const, noiseBand: 120 }];
    const result = judged('pass', [UNCHANGED, growth], { controls });

    expect(describeCertainty(result, MARKDOWN)).toContain(
      'Same-code control: ±1.1 %, 0 false alarms in 23 jobs.',
    );
    expect(controlRows(result, MARKDOWN)[1]).toContain('noise band ±120 B');
  });

  it('claims no noise band from a few jobs, and nothing from none', () => {
    const { noiseBand: _, ...few } = { ...standing, jobs: 3 };
    const text = (controls: JudgedResult['controls'] & {}) =>
      describeCertainty(judged('fail', [REGRESSED], { controls }), MARKDOWN);

    expect(text([few])).toContain('Same-code control: 0 false alarms in 3 jobs.');
    expect(text([{ ...few, jobs: 0 }])).not.toContain('control');
  });

  it('says each reason for a wide margin once, and the widest margin', () => {
    const why = ['CPU time in 10 ms steps.'];
    const verdicts = [
      { ...UNCHANGED, margin: 0.02, marginWhy: why },
      { ...UNCHANGED, scenario: 'floor', margin: 0.031, marginWhy: [...why, 'no pinning'] },
    ];

    expect(describeCertainty(judged('pass', verdicts), MARKDOWN)).toContain(
      'A change counts only beyond ±3.1 %, more than usual: CPU time in 10 ms steps; no pinning.',
    );
  });

  it('mentions the family only when there is one', () => {
    expect(describeCertainty(judged('pass', [{ ...UNCHANGED, family: 3 }]), MARKDOWN)).toContain(
      'Error rate shared by 3 gating metrics.',
    );
    expect(describeCertainty(judged('pass', [{ ...UNCHANGED, family: 1 }]), MARKDOWN)).not.toContain(
      'shared',
    );
  });
});

describe('an alarm that was not raised', () => {
  it('is the first line, the row and a paragraph, never a failure', () => {
    const blocked = verdict('inconclusive', 0.06, [0.05, 0.07], {
      blocked: 'the same code came out 1.20 % apart',
    });
    const undecided = verdict('inconclusive', 0.2, [-0.1, 0.5], { scenario: 'other' });
    const result = judged('no-verdict', [undecided, blocked]);

    expect(judgedHeadline(result, MARKDOWN)).toBe(
      '⚪ Alarm not raised: CPU / request +6.0 % [+5.0, +7.0] on `rank-200` — no verdict, not blocking',
    );
    expect(describeBlocked(result, MARKDOWN)).toBe(
      '**Alarm not raised:** CPU / request on `rank-200`; the standing control fails: the same code came out 1.20 % apart.',
    );
  });
});

describe('the first line', () => {
  it('is never about a tail that does not gate, however large', () => {
    const tail = verdict('regressed', 0.9, [0.5, 1.4], { metric: 'latency_p999', gates: false });

    expect(judgedHeadline(judged('pass', [tail, UNCHANGED]), MARKDOWN)).toMatch(
      /^✅ Not slower: .*; 1 worse that does not gate/,
    );
  });

  it('is about a tail that does gate', () => {
    const tail = verdict('regressed', 0.9, [0.5, 1.4], { metric: 'latency_p999', gates: 0.5 });

    expect(judgedHeadline(judged('fail', [tail, UNCHANGED]), MARKDOWN)).toMatch(
      /^❌ Slower: p99\.9 \+90\.0 % \[/,
    );
  });

  it('bounds a change for the worse where more is better', () => {
    const throughput = verdict('unchanged', 0.01, [-0.016, 0.03], { metric: 'throughput' });
    const growth = absolute('unchanged', 0, [-3, 3], { metric: 'memory_growth', gates: 64 });

    expect(judgedHeadline(judged('pass', [throughput, UNCHANGED, growth]), MARKDOWN)).toBe(
      '✅ Not slower: any change for the worse is below 1.6 % in 2 gating results and 1 in their own units — gate passing',
    );
  });
});

describe('the line about answers', () => {
  it('says that rankings agree where other keys differ', () => {
    const ranking = { k: 20, overlap: 1, worstOverlap: 1, reordered: 0, largestScoreDifference: 0 };
    const answers = [{ scenario: 'rank-200', comparison: { compared: 50, different: 2, ranking } }];
    const result = judged('pass', [UNCHANGED], { answers });

    expect(describeAnswers(result, MARKDOWN)).toBe(
      '**Answers differ:** 2 of 50 sampled requests answered differently than base, in `rank-200`. Rankings agree in their top 20.',
    );
    expect(judgedHeadline(result, MARKDOWN)).not.toContain('overlap');
  });

  it('never rounds a ranking that differs up to 1.00', () => {
    const ranking = { k: 100, overlap: 0.9999, worstOverlap: 0.99, reordered: 0 };
    const answers = [{ scenario: 'rank-200', comparison: { compared: 100, different: 1, ranking } }];

    expect(describeAnswers(judged('pass', [UNCHANGED], { answers }), MARKDOWN)).toContain(
      'overlap@100 0.99 on',
    );
  });

  it('weighs scenarios by their requests', () => {
    const ranking = { k: 10, overlap: 1, worstOverlap: 1, reordered: 0 };
    const answers = [
      { scenario: 'a', comparison: { compared: 30, different: 0, ranking } },
      {
        scenario: 'b',
        comparison: { compared: 10, different: 9, ranking: { ...ranking, overlap: 0.6, worstOverlap: 0.2 } },
      },
    ];

    expect(describeAnswers(judged('pass', [UNCHANGED], { answers }), MARKDOWN)).toContain(
      'Rankings: overlap@10 0.90 on average, 0.20 at worst.',
    );
  });
});
