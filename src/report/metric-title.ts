import type { Verdict } from '../domain/verdict.ts';
import { metricOfVerdict } from './amounts.ts';

/**
 * What a metric is called in tables and sentences. The title of a project's own number comes from outside.
 * @param code writes what comes from outside
 */
export function metricTitle(
  verdict: Pick<Verdict, 'metric' | 'custom'>,
  code: (untrusted: string, limit?: number) => string,
): string {
  const { title } = metricOfVerdict(verdict);
  return verdict.metric.startsWith('custom_') ? code(title, 40) : title;
}
