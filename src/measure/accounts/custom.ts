import { clip } from '../../domain/errors.ts';
import type { CustomMetric, MetricName } from '../../domain/metric.ts';
import { ServiceClient } from '../load/http-client.ts';
import { readJsonNumber } from '../load/json-pointer.ts';

const ANSWER_LIMIT_MS = 5000;
/** Of all numbers of a side together: a pair that takes much longer is taken for one that hangs. */
const TOTAL_LIMIT_MS = 10_000;

/** What is read of a running service: its port, and what it printed. */
export interface NumberSource {
  port: number;
  /** See `ServiceProcess.printed`. */
  printed(after: string): number | undefined;
}

export interface CustomNumbers {
  figures: Partial<Record<MetricName, number>>;
  /** Numbers that were not to be had and why, one sentence each. */
  notes: string[];
}

/** The texts that a service's output must be watched for from its start on. */
export function watchedTexts(metrics: readonly CustomMetric[] = []): string[] {
  return metrics.flatMap(({ from }) => (from.kind === 'printed' ? [from.after] : []));
}

/**
 * Reads the numbers that a service prints or serves; to be called after the measured phase. A number that is not there is
 * left out with a note, it never fails the side.
 */
export async function readCustomNumbers(
  metrics: readonly CustomMetric[],
  source: NumberSource,
): Promise<CustomNumbers> {
  const result: CustomNumbers = { figures: {}, notes: [] };
  const client = new ServiceClient(source.port, ANSWER_LIMIT_MS);
  const endMs = performance.now() + TOTAL_LIMIT_MS;
  try {
    for (const metric of metrics) {
      const found =
        metric.from.kind === 'printed'
          ? printedNumber(metric.from.after, source)
          : await servedNumber(metric.from, client, endMs);
      if (typeof found === 'number') result.figures[`custom_${metric.name}`] = found;
      else result.notes.push(`no value for ${clip(metric.title)}: ${found}`);
    }
  } finally {
    client.close();
  }
  return result;
}

function printedNumber(after: string, source: NumberSource): number | string {
  return (
    source.printed(after) ??
    `expected a line of output with ${clip(JSON.stringify(after))} and a number, found none`
  );
}

async function servedNumber(
  { path, pointer }: { path: string; pointer: string },
  client: ServiceClient,
  endMs: number,
): Promise<number | string> {
  const what = `expected a number at ${clip(JSON.stringify(pointer))} of ${clip(path)}`;
  const leftMs = Math.round(Math.min(ANSWER_LIMIT_MS, endMs - performance.now()));
  if (leftMs <= 0) return `${what}, found no time left for it`;
  try {
    const { status, body } = await client.send(
      { method: 'GET', path, headers: { accept: 'application/json' } },
      leftMs,
    );
    if (status < 200 || status > 299) return `${what}, found status ${status}`;
    return readJsonNumber(JSON.parse(body.toString('utf8')), pointer) ?? `${what}, found none`;
  } catch (error) {
    return `${what}, found ${error instanceof SyntaxError ? 'no JSON' : clip((error as Error).message)}`;
  }
}
