import type { RequestSpec } from '../domain/benchmark.ts';
import { clip } from '../domain/errors.ts';
import type { AnswerComparison, Side } from '../domain/trial.ts';
import { askBoth, type SideInUse } from './exchange.ts';
import type { Answer } from './http-client.ts';

/** A slow service compares fewer answers: the comparison must not eat the time of the measurement. */
const COMPARE_LIMIT_MS = 10_000;

/** `value` without the ignored keys and with sorted keys, so that equal meaning gives equal text. */
function canonical(value: unknown, ignored: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, ignored));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .filter(([key]) => !ignored.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, canonical(item, ignored)] as const);
  return Object.fromEntries(entries);
}

/**
 * What must agree between two sides: status and body. A JSON body counts by its meaning less the ignored
 * keys; a body that says it is JSON and does not parse counts by its bytes.
 */
export function answerText(
  answer: Pick<Answer, 'status' | 'contentType' | 'body'>,
  ignoreKeys: string[],
): string {
  const text = answer.body.toString('utf8');
  if (!/\bjson\b/i.test(answer.contentType)) return `${answer.status} ${text}`;
  try {
    return `${answer.status} ${JSON.stringify(canonical(JSON.parse(text), new Set(ignoreKeys)))}`;
  } catch {
    return `${answer.status} ${text}`;
  }
}

/** The stretches of two texts around their first difference, short enough for a comment. */
export function firstDifference(a: string, b: string): { a: string; b: string } {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index += 1;
  const start = Math.max(0, index - 20);
  const cut = (text: string): string => clip(`${start > 0 ? '…' : ''}${text.slice(start, start + 100)}`, 80);
  return { a: cut(a), b: cut(b) };
}

/**
 * Sends the same requests to both sides and counts the answers that differ. An answer in which the base
 * differs from itself when asked twice is no difference of the head: such requests are left out.
 * @throws TrialError at an answer that is no 2xx
 */
export async function compareAnswers(
  sides: Record<Side, SideInUse>,
  requests: readonly RequestSpec[],
  ignoreKeys: string[],
): Promise<AnswerComparison> {
  const comparison: AnswerComparison = { compared: 0, different: 0 };
  const endMs = performance.now() + COMPARE_LIMIT_MS;
  for (const spec of requests) {
    if (performance.now() > endMs) break;
    const answers = await askBoth(sides, spec);
    const base = answerText(answers.base, ignoreKeys);
    const head = answerText(answers.head, ignoreKeys);
    if (base !== head) {
      const again = answerText((await askBoth(sides, spec)).base, ignoreKeys);
      if (again !== base) continue;
      comparison.different += 1;
      if (comparison.example === undefined) {
        const difference = firstDifference(base, head);
        comparison.example = {
          request: clip(`${spec.method} ${spec.path} ${spec.body ?? ''}`.trim(), 80),
          base: difference.a,
          head: difference.b,
        };
      }
    }
    comparison.compared += 1;
  }
  return comparison;
}
