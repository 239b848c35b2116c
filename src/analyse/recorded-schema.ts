import { z } from 'zod';
import { isMetricName } from '../domain/metric.ts';
import type { MetricName } from '../domain/metric.ts';

/** Most pairs of one case or scenario: the interval looks at every two of them. */
export const MAX_CASE_PAIRS = 2000;

/** Most pairs of recorded trials in one input. */
export const MAX_RECORDED_PAIRS = 20_000;

/** Longest accepted line, characters. */
export const MAX_LINE_LENGTH = 4_000_000;

const MAX_HISTOGRAM_LENGTH = 65_536;

/** Message of every figure that is not one. */
const FIGURE = 'expected a finite number >= 0';
const figure = z.number(FIGURE).nonnegative(FIGURE);
const count = z.int('expected a whole number >= 0').nonnegative('expected a whole number >= 0');

const NAME = 'expected a plain name: 1 to 200 printable characters, not __proto__';
const name = z
  .string(NAME)
  .refine((text) => /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,200}$/u.test(text) && text !== '__proto__', NAME);

const latencyMs = z
  .object({ mean: figure, p50: figure, p90: figure, p99: figure, max: figure })
  .refine(({ p50, p90, p99, max }) => p50 <= p90 && p90 <= p99 && p99 <= max, {
    error: 'expected p50 <= p90 <= p99 <= max',
  });

/** Most figures of one trial; a project names at most a few of its own. */
const MAX_FIGURES = 100;
/** Largest number of requests behind a share: the exact test looks at all hits. */
const MAX_COUNT = 10_000_000;

const METRIC = 'expected the name of a metric';
const metricName = z.string(METRIC).refine((text): text is MetricName => isMetricName(text), METRIC);
const TOO_MANY = `expected at most ${MAX_FIGURES} of them`;

/** Unlike the others a figure may be negative: memory shrinks, a number of the service's own is anything. */
const figures = z
  .record(metricName, z.number('expected a finite number'))
  .refine((found) => Object.keys(found).length <= MAX_FIGURES, TOO_MANY);

const counts = z
  .record(
    metricName,
    z
      .object({ hits: count, of: count.max(MAX_COUNT, `expected at most ${MAX_COUNT}`) })
      .refine(({ hits, of }) => hits <= of, 'expected hits <= of'),
  )
  .refine((found) => Object.keys(found).length <= MAX_FIGURES, TOO_MANY);

const generator = z.object({
  keptUp: z.boolean(),
  offered: figure,
  sent: figure,
  lateP99Ms: figure,
  lateMaxMs: figure,
});

const trial = z.object({
  startupMs: figure,
  requests: z.int('expected at least 1 request').positive('expected at least 1 request'),
  cpuUs: figure,
  cpuSource: z.enum(['schedstat', 'cgroup', 'rusage', 'ticks']).default('schedstat'),
  latencyMs,
  histogram: z
    .string()
    .max(MAX_HISTOGRAM_LENGTH, `expected at most ${MAX_HISTOGRAM_LENGTH} characters`)
    .default(''),
  memoryPeakBytes: figure,
  openHistogram: z
    .string()
    .max(MAX_HISTOGRAM_LENGTH, `expected at most ${MAX_HISTOGRAM_LENGTH} characters`)
    .optional(),
  figures: figures.optional(),
  counts: counts.optional(),
  generator: generator.optional(),
  notes: z.array(z.string().max(1000)).max(MAX_FIGURES).optional(),
});

const failure = z.object({
  kind: z.enum([
    'exited',
    'not-ready',
    'died-under-load',
    'error-answers',
    'timeout',
    'protocol-error',
    'aborted',
  ]),
  message: z.string().default(''),
  outputTail: z.string().default(''),
});

const outcome = z.discriminatedUnion('state', [
  z.object({ state: z.literal('ok'), trial }),
  z.object({ state: z.literal('failed'), failure }),
]);

/** What every line may say about the format it is in; the only version so far is 1. */
const schemaVersion = z.literal(1, 'expected schemaVersion 1').optional();

/**
 * One pair of recorded trials, as `Pair` in src/domain/trial.ts. What judging does not need may be missing; unknown
 * fields are ignored.
 */
export const recordedPairSchema = z.object({
  schemaVersion,
  scenario: name,
  pairNo: z.int('expected a whole number >= 1').positive('expected a whole number >= 1'),
  stage: z.enum(['explore', 'confirm']),
  seed: count.default(0),
  first: z.enum(['base', 'head']).default('base'),
  startedAt: z.string().default(''),
  wallMs: figure.default(0),
  base: outcome,
  head: outcome,
  answers: z
    .object({
      compared: count,
      different: count,
      example: z.object({ request: z.string(), base: z.string(), head: z.string() }).optional(),
    })
    .default({ compared: 0, different: 0 }),
  stealShare: figure.max(1, 'expected a share from 0 to 1').optional(),
});

const side = z
  .array(figure, 'expected a list of finite numbers >= 0')
  .min(1, 'need at least 1 pair')
  .max(MAX_CASE_PAIRS, `expected at most ${MAX_CASE_PAIRS} pairs`);

/** Paired figures of any origin; `base[i]` and `head[i]` belong together, smaller is better. */
export const bareCaseSchema = z
  .object({ schemaVersion, case: name, base: side, head: side })
  .refine(({ base, head }) => base.length === head.length, {
    error: 'expected as many figures in head as in base',
    path: ['head'],
  });
