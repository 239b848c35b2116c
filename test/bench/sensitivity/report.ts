/** The table of a bench, from its records alone: printed at the end, or at any time from the file. */
import { clopperPearson } from '../../../src/stats/proportion.ts';
import { mean, median, standardDeviation } from '../../../src/stats/summary.ts';
import { percentile } from '../figures.ts';
import { describeCalibration } from './calibrate.ts';
import { CONNECTIONS, RUNS_PER_SIDE } from './cannon.ts';
import type { BenchRecord, FailedJobRecord, JobRecord } from './records.ts';
import { MIN_HISTORY, rivalFindings } from './rules.ts';
import { CAREFUL_GATES, SLOW_LIMIT_MS, STRATA, type Stratum } from './strata.ts';

/** What a job came to. */
interface Outcome {
  found: boolean;
  undecided: boolean;
  falseAlarm: boolean;
}

type JobVerdict = JobRecord['verdicts'][number];

/**
 * `found`: the planted metric was called regressed. `falseAlarm`: where nothing was planted, a gating metric was called
 * regressed or improved; else the planted one was called improved. What is called besides a plant is listed by `oddities`.
 */
export function outcomeOf({ finder }: Stratum, verdicts: readonly JobVerdict[]): Outcome {
  const gating = verdicts.filter(({ gating: gates }) => gates);
  const own = gating.filter(({ metric }) => metric === finder);
  // A start, a stall and a leak can cost CPU as well; a call that is true of the plant is no false alarm.
  const others = finder === undefined ? gating : [];
  const decisive = finder === undefined ? gating : own;
  return {
    found: own.some(({ verdict }) => verdict === 'regressed'),
    undecided: decisive.length === 0 || decisive.some(({ verdict }) => verdict === 'inconclusive'),
    falseAlarm:
      others.some(({ verdict }) => verdict === 'regressed' || verdict === 'improved') ||
      own.some(({ verdict }) => verdict === 'improved'),
  };
}

function share(hits: number, of: number): string {
  if (of === 0) return '-';
  const { lo, hi } = clopperPearson(hits, of);
  return `${hits}/${of} (${(lo * 100).toFixed(0)}-${(hi * 100).toFixed(0)} %)`;
}

function secondsWords(seconds: readonly number[]): string {
  if (seconds.length === 0) return '-';
  const at = (part: number): string => percentile(seconds, part).toFixed(0);
  return `${at(0.5)} / ${at(0.95)} / ${at(1)}`;
}

/** The planted metric's effects as the jobs stated them; for CPU every pair's own log-ratio, which tells it best. */
function recovered({ finder }: Stratum, jobs: readonly JobRecord[]): string {
  if (finder === undefined || finder === 'cpu_per_request') {
    const logs = jobs.flatMap(({ logRatios }) => logRatios);
    const middle = mean(logs);
    if (middle === undefined) return '-';
    const error = (standardDeviation(logs) ?? 0) / Math.sqrt(logs.length);
    return `CPU ${signed(Math.expm1(middle))} ± ${(error * 100).toFixed(2)} (${logs.length} pairs)`;
  }
  const effects = jobs.flatMap(({ verdicts }) =>
    verdicts.flatMap(({ metric, effect }) => (metric === finder && effect !== undefined ? [effect] : [])),
  );
  const middle = median(effects);
  return middle === undefined ? '-' : `${finder} ${signed(middle)} (median)`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value * 100).toFixed(2)} %`;
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function ownTable(jobs: readonly JobRecord[]): string[] {
  const lines = [
    row(
      'planted',
      'gates',
      'jobs',
      'found',
      'false alarms',
      'undecided',
      'pairs',
      'seconds median / p95 / max',
      'recovered',
    ),
    row('---', '---', '---:', '---', '---', '---:', '---:', '---', '---'),
  ];
  for (const stratum of STRATA) {
    const own = jobs.filter((job) => job.stratum === stratum.name);
    if (own.length === 0) continue;
    const outcomes = own.map(({ verdicts }) => outcomeOf(stratum, verdicts));
    const count = (what: keyof Outcome): number => outcomes.filter((outcome) => outcome[what]).length;
    const pairs = mean(own.map((job) => job.pairs)) as number;
    lines.push(
      row(
        stratum.title,
        stratum.config,
        own.length,
        stratum.finder === undefined ? '-' : share(count('found'), own.length),
        stratum.finder === undefined ? share(count('falseAlarm'), own.length) : count('falseAlarm'),
        count('undecided'),
        pairs.toFixed(1),
        secondsWords(own.map(({ seconds }) => seconds)),
        recovered(stratum, own),
      ),
    );
  }
  return lines;
}

function rivalsTable(jobs: readonly JobRecord[]): string[] {
  const withRivals = jobs.filter(({ rivals }) => rivals !== undefined);
  const strata = STRATA.filter(
    ({ hasRivals, name }) => hasRivals && withRivals.some(({ stratum }) => stratum === name),
  );
  if (strata.length === 0) return [];
  const findings = rivalFindings(withRivals);
  const lines = [
    row('method', 'figure', ...strata.map(({ title }) => title), 'seconds median / p95 / max'),
    row('---', '---', ...strata.map(() => '---:'), '---'),
    row(
      '**perf-ci**, same jobs',
      'as gated',
      ...strata.map((stratum) => {
        const own = withRivals.filter((job) => job.stratum === stratum.name);
        const outcomes = own.map(({ verdicts }) => outcomeOf(stratum, verdicts));
        const hits = outcomes.filter(({ found, falseAlarm }) =>
          stratum.finder === undefined ? falseAlarm : found,
        );
        return `${hits.length}/${own.length}`;
      }),
      secondsWords(withRivals.map(({ seconds }) => seconds)),
    ),
  ];
  const kinds = new Map(findings.map(({ method, figure }) => [`${method}\n${figure}`, { method, figure }]));
  for (const { method, figure } of kinds.values()) {
    const own = findings.filter((finding) => finding.method === method && finding.figure === figure);
    const cells = strata.map(({ name }) => {
      const asked = own.filter(({ stratum, word }) => stratum === name && word !== undefined);
      return `${asked.filter(({ word }) => word === 'regressed').length}/${asked.length}`;
    });
    lines.push(row(method, figure, ...cells, secondsWords(own.map(({ seconds }) => seconds))));
  }
  return lines;
}

/** The goals of this bench, each with what was reached. */
function goals(jobs: readonly JobRecord[]): string[] {
  const of = (name: string): JobRecord[] => jobs.filter(({ stratum }) => stratum === name);
  const stratumOf = (name: string): Stratum => STRATA.find((stratum) => stratum.name === name) as Stratum;
  const found = (name: string): JobRecord[] =>
    of(name).filter(({ verdicts }) => outcomeOf(stratumOf(name), verdicts).found);
  const alarms = ['aa', 'aa-careful'].map(
    (name) => of(name).filter(({ verdicts }) => outcomeOf(stratumOf(name), verdicts).falseAlarm).length,
  );
  const quick = found('cpu-3').filter(({ seconds }) => seconds <= 60).length;
  return [
    `- no false alarm in 40: ${alarms[0]} in ${of('aa').length} (default), ${alarms[1]} in ${of('aa-careful').length} (careful)`,
    `- 3 % found in 20 of 20 within 60 s each: found in ${found('cpu-3').length} of ${of('cpu-3').length}, ${quick} of them within 60 s`,
    `- the stall found in 10 of 10: ${found('stall').length} of ${of('stall').length}`,
  ];
}

function costs(jobs: readonly JobRecord[]): string {
  const parts = [...new Set(STRATA.map(({ config }) => config))].flatMap((config) => {
    const own = jobs.filter((job) =>
      STRATA.some(({ name, config: its }) => name === job.stratum && its === config),
    );
    const pairs = own.reduce((sum, job) => sum + job.pairs, 0);
    if (pairs === 0) return [];
    const inside = own.reduce((sum, { pairSeconds }) => sum + pairSeconds, 0) / pairs;
    const all = own.reduce((sum, { seconds }) => sum + seconds, 0) / pairs;
    return [`${config} ${inside.toFixed(2)} s a pair (${all.toFixed(2)} s of the job)`];
  });
  return parts.join(', ');
}

function failures(failed: readonly FailedJobRecord[], jobs: readonly JobRecord[]): string[] {
  const lines = failed.map(({ no, stratum, error }) => `- job ${no} (${stratum}) gave nothing: ${error}`);
  const rivals = jobs.flatMap(({ no, rivalsError }) =>
    rivalsError === undefined ? [] : [`- job ${no}: no runs of the rivals: ${rivalsError}`],
  );
  return [...lines, ...rivals];
}

/** Every unwanted or missing call with what was seen, so that a table never hides why. */
function oddities(jobs: readonly JobRecord[]): string[] {
  return jobs.flatMap((job) => {
    const stratum = STRATA.find(({ name }) => name === job.stratum);
    if (stratum === undefined) return [];
    const outcome = outcomeOf(stratum, job.verdicts);
    // A change as small as the margin is not meant to be called.
    const isMeantToBeFound = stratum.defect.kind !== 'work' || stratum.defect.share > 0.01;
    const isMissed = stratum.finder !== undefined && isMeantToBeFound && !outcome.found;
    const besides = job.verdicts.some(
      ({ gating, metric, verdict }) =>
        gating && metric !== stratum.finder && (verdict === 'regressed' || verdict === 'improved'),
    );
    if (!outcome.falseAlarm && !isMissed && !outcome.undecided && !besides) return [];
    const said = job.verdicts
      .filter(({ gating }) => gating)
      .map(({ metric, verdict, effect, lo, hi }) => {
        const range = lo === undefined || hi === undefined ? '' : ` [${signed(lo)}, ${signed(hi)}]`;
        return `${metric} ${verdict}${effect === undefined ? '' : ` ${signed(effect)}`}${range}`;
      });
    return [
      `- job ${job.no} (${stratum.name}), ${job.pairs} pairs, ${job.seconds.toFixed(0)} s, load ${job.load1.toFixed(2)}${job.flags.length === 0 ? '' : ` (${job.flags.join(', ')})`}, seed ${job.seed}, ` +
        `stopped: ${job.stop}: ${said.join('; ')}`,
    ];
  });
}

/** The whole report as Markdown. */
export function reportOf(records: readonly BenchRecord[]): string {
  const starts = records.filter((record) => record.type === 'start');
  const jobs = records.filter((record) => record.type === 'job');
  const failed = records
    .filter((record) => record.type === 'failed-job')
    .filter(({ no }) => !jobs.some((job) => job.no === no));
  const calibration = records.findLast((record) => record.type === 'calibration');
  const [first] = starts;
  const last = records.at(-1);
  if (first === undefined || last === undefined) return 'nothing was measured';
  const loads = jobs.map(({ load1 }) => load1);
  const odd = oddities(jobs);
  const broken = failures(failed, jobs);
  const gates = CAREFUL_GATES.map(
    ({ metric, threshold }) => `${metric} ${Number((threshold * 100).toFixed(3))} %`,
  );
  return [
    `\`npm run bench:sensitivity\`, ${first.at} to ${last.at}, seed ${first.seed}, commit ${first.commit}, runner ${first.runnerVersion}.`,
    `${first.machine}.` +
      (loads.length === 0
        ? ''
        : ` Load before the jobs: median ${percentile(loads, 0.5).toFixed(2)}, max ${percentile(loads, 1).toFixed(2)}.`),
    ...(starts.length > 1 ? [`Resumed ${starts.length - 1} times.`] : []),
    '',
    `Scenario rank-everyday, budget 2 min a job, jobs in random order. \`default\`: perf-ci.yml as it is (cpu_per_request 3 % gates). ` +
      `\`careful\`: four metrics gate and share one error rate (${gates.join(', ')}; slow is over ${SLOW_LIMIT_MS} ms). ` +
      `"found" is the verdict regressed of the planted metric, "false alarm" any verdict regressed or improved where nothing was planted; 95 % intervals are exact (Clopper-Pearson).`,
    ...(calibration === undefined ? [] : ['', `Calibration: ${describeCalibration(calibration)}.`]),
    '',
    ...ownTable(jobs),
    '',
    `Cost: ${costs(jobs)}.`,
    `Margins were widened by what spoke against the machine before ${jobs.filter(({ flags }) => flags.length > 0).length} of ${jobs.length} jobs.`,
    '',
    ...goals(jobs),
    ...side(jobs),
    ...(odd.length === 0
      ? []
      : [
          '',
          'Jobs that were undecided, missed their plant, cried wolf or called something besides it:',
          '',
          ...odd,
        ]),
    ...(broken.length === 0 ? [] : ['', 'Failed:', '', ...broken]),
  ].join('\n');
}

function side(jobs: readonly JobRecord[]): string[] {
  const table = rivalsTable(jobs);
  if (table.length === 0) return [];
  return [
    '',
    `Side by side, jobs on which the rivals ran too: ${RUNS_PER_SIDE} fresh processes of the base, then ${RUNS_PER_SIDE} of the head, ` +
      `autocannon at ${CONNECTIONS} connections with the scenario's requests, together as long as perf-ci took for that job, not pinned. ` +
      `Cells: called a regression / asked (false alarms where nothing was planted). Rules that read one number get the mean of the five runs; ` +
      `Bencher's history is the base of all earlier jobs (from ${MIN_HISTORY}).`,
    '',
    ...table,
  ];
}
