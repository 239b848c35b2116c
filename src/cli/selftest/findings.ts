import type { Plant } from '../../domain/control.ts';
import type { MetricName } from '../../domain/metric.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { plantWords } from '../../measure/plant/words.ts';
import { clopperPearson } from '../../stats/proportion.ts';
import { median } from '../../stats/summary.ts';
import { EXIT } from '../exit-code.ts';
import { sees } from './gates.ts';

/** One job that gave verdicts. */
export interface JobFinding {
  plant: Plant;
  /** The planted metric was called regressed. */
  found: boolean;
  /** Nothing was planted, and some gating metric was called regressed or improved. */
  falseAlarm: boolean;
  undecided: boolean;
  seconds: number;
  pairs: number;
  /** Of CPU per request, relative. */
  smallestVisible?: number;
}

/** What the gating verdicts of a job say of its plant. */
export function findingOf(
  plant: Plant,
  verdicts: readonly Verdict[],
  cost: { seconds: number; pairs: number },
): JobFinding {
  const gating = verdicts.filter(({ threshold }) => threshold !== undefined);
  const own = plant.kind === 'none' ? gating : gating.filter(({ metric }) => sees(metric, plant));
  const cpu: MetricName = 'cpu_per_request';
  const smallestVisible = verdicts.find(({ metric }) => metric === cpu)?.smallestVisible;
  const found = plant.kind !== 'none' && own.some(({ verdict }) => verdict === 'regressed');
  return {
    plant,
    found,
    falseAlarm:
      plant.kind === 'none' && own.some(({ verdict }) => verdict === 'regressed' || verdict === 'improved'),
    undecided: !found && own.some(({ verdict }) => verdict === 'inconclusive'),
    ...cost,
    ...(smallestVisible === undefined ? {} : { smallestVisible }),
  };
}

/** How often something happened, with the exact 95 % interval of how often it does. */
export interface Tally {
  count: number;
  of: number;
  interval: { lo: number; hi: number };
}

export interface SelftestReport {
  scenario: string;
  seed: number;
  gates: { metric: MetricName; threshold: number; added: boolean }[];
  /** In the order in which the plants were asked for. */
  planted: { plant: Plant; words: string; found: Tally; undecided: number }[];
  falseAlarms: Tally;
  undecidedOfUnplanted: number;
  /** Jobs that gave no verdict, and why. */
  failed: string[];
  secondsPerJob?: { median: number; longest: number };
  smallestVisible?: number;
  /** The one sentence. */
  sentence: string;
}

function tally(count: number, of: number): Tally {
  return { count, of, interval: clopperPearson(count, of) };
}

/** All that a selftest found, from its jobs. */
export function reportSelftest(
  about: Pick<SelftestReport, 'scenario' | 'seed' | 'gates'>,
  plants: readonly Plant[],
  jobs: readonly JobFinding[],
  failed: readonly string[],
): SelftestReport {
  const planted = plants.map((plant) => {
    const words = plantWords(plant);
    const own = jobs.filter((job) => plantWords(job.plant) === words);
    const found = tally(own.filter((job) => job.found).length, own.length);
    return { plant, words, found, undecided: own.filter((job) => job.undecided).length };
  });
  const unplanted = jobs.filter(({ plant }) => plant.kind === 'none');
  const falseAlarms = tally(unplanted.filter((job) => job.falseAlarm).length, unplanted.length);
  const seconds = jobs.map((job) => job.seconds);
  const middle = median(seconds);
  const smallestVisible = median(jobs.flatMap((job) => job.smallestVisible ?? []));
  return {
    ...about,
    planted,
    falseAlarms,
    undecidedOfUnplanted: unplanted.filter((job) => job.undecided).length,
    failed: [...failed],
    ...(middle === undefined ? {} : { secondsPerJob: { median: middle, longest: Math.max(...seconds) } }),
    ...(smallestVisible === undefined ? {} : { smallestVisible }),
    sentence: installationSentence(
      planted.map(({ plant, found }) => ({ plant, found: found.count, tried: found.of })),
      { falseAlarms: falseAlarms.count, jobs: falseAlarms.of },
    ),
  };
}

/** How good an installation is, in one sentence: what was planted and found, and how often it cried wolf. */
export function installationSentence(
  planted: readonly { plant: Plant; found: number; tried: number }[],
  unplanted: { falseAlarms: number; jobs: number },
): string {
  const parts = planted
    .filter(({ tried }) => tried > 0)
    .map(({ plant, found, tried }) => `${shortWords(plant)} in ${found} of ${tried}`);
  const last = parts.pop();
  const found =
    last === undefined
      ? 'planted nothing'
      : `finds ${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`}`;
  return `this installation ${found}, and cried wolf ${unplanted.falseAlarms} of ${unplanted.jobs}`;
}

function shortWords(plant: Plant): string {
  if (plant.kind === 'cpu') return `${Number((plant.share * 100).toFixed(3))} %`;
  return { none: 'nothing', stall: 'a stall', leak: 'a leak', 'slow-start': 'a slower start' }[plant.kind];
}

/** The report as lines for people; the sentence comes last. */
export function describeSelftest(report: SelftestReport): string {
  const gates = report.gates.map(({ metric, threshold, added }) => {
    return `${metric} ${Number((threshold * 100).toFixed(3))} %${added ? ' (for this test)' : ''}`;
  });
  const { falseAlarms, secondsPerJob, smallestVisible } = report;
  return [
    `scenario ${report.scenario}, gates ${gates.join(', ')}, seed ${report.seed}`,
    `nothing planted: cried wolf ${tallyWords(falseAlarms)}${undecidedWords(report.undecidedOfUnplanted)}`,
    ...report.planted.map(
      ({ words, found, undecided }) => `${words}: found ${tallyWords(found)}${undecidedWords(undecided)}`,
    ),
    ...(smallestVisible === undefined
      ? []
      : [`smallest visible change of CPU per request: ${percent(smallestVisible)} (median of the jobs)`]),
    ...(secondsPerJob === undefined
      ? []
      : [
          `a job takes ${secondsPerJob.median.toFixed(0)} s (median; longest ${secondsPerJob.longest.toFixed(0)} s)`,
        ]),
    ...report.failed.map((why) => `a job gave no verdict: ${why}`),
    report.sentence,
  ].join('\n');
}

function tallyWords({ count, of, interval }: Tally): string {
  if (of === 0) return 'not tried';
  return `${count} of ${of} (95 %: ${percent(interval.lo)} to ${percent(interval.hi)})`;
}

function undecidedWords(count: number): string {
  return count === 0 ? '' : `, undecided ${count}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

/** From this planted CPU on a miss is a failure of the installation. */
const MUST_FIND = 0.03;

/** 0: no false alarm, and every planted 3 % of CPU and more was found. 2: nothing was measured. 1: otherwise. */
export function exitCodeOfSelftest({ planted, falseAlarms }: SelftestReport): number {
  const measured = falseAlarms.of + planted.reduce((sum, { found }) => sum + found.of, 0);
  if (measured === 0) return EXIT.noVerdict;
  const missed = planted.some(
    // A share that came from a percentage is off by an ulp or two.
    ({ plant, found }) => plant.kind === 'cpu' && plant.share > MUST_FIND - 1e-9 && found.count < found.of,
  );
  return falseAlarms.count > 0 || missed ? EXIT.regression : EXIT.pass;
}
