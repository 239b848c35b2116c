import { isUtf8 } from 'node:buffer';

import type { ProjectConfig, RequestSpec } from '../../domain/benchmark.ts';
import { clip } from '../../domain/errors.ts';
import type { AnswerComparison, Side } from '../../domain/trial.ts';
import { sameShape, shapeOf } from './answer-shape.ts';
import { isExactInteger, parseExactly } from './exact-json.ts';
import { askBoth, type SideInUse } from './exchange.ts';
import type { Answer } from './http-client.ts';
import { createRankingReader, createRankingTally } from './ranking-answers.ts';

/** A slow service compares fewer answers: the comparison must not eat the time of the measurement. */
const COMPARE_LIMIT_MS = 10_000;

/** What is compared of an answer, whatever brought it. */
export type AnswerToCompare = Pick<Answer, 'status' | 'contentType' | 'body'>;

/** What a project says of its answers. */
export type AnswerRules = Pick<ProjectConfig['answers'], 'ignoreKeys' | 'ranking'>;

/** `value` without the ignored keys and with sorted keys, so that equal meaning gives equal text. */
function canonical(value: unknown, ignored: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, ignored));
  if (value === null || typeof value !== 'object' || isExactInteger(value)) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !ignored.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, canonical(item, ignored)] as const);
  return Object.fromEntries(entries);
}

/** The parsed body of an answer that says it is JSON and is; undefined otherwise (JSON has no undefined). */
function jsonOf({ contentType, body }: AnswerToCompare): unknown {
  if (!/\bjson\b/i.test(contentType) || !isUtf8(body)) return undefined;
  try {
    return parseExactly(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * What must agree between two sides: status and body. A JSON body counts by its meaning less the ignored
 * keys; a body that says it is JSON and does not parse counts by its bytes.
 */
export function answerText(answer: AnswerToCompare, ignoreKeys: readonly string[]): string {
  const json = jsonOf(answer);
  if (json !== undefined) {
    try {
      return `${answer.status} ${JSON.stringify(canonical(json, new Set(ignoreKeys)))}`;
    } catch {
      // Nested deeper than the stack: by its bytes, too.
    }
  }
  return `${answer.status} ${bodyText(answer.body)}`;
}

/** A body as text that is equal for equal bytes only: decoding what is no UTF-8 makes one character of many bytes. */
function bodyText(body: Buffer): string {
  return isUtf8(body) ? body.toString('utf8') : `\uFFFD${body.toString('latin1')}`;
}

/** Whether two answers are of one shape: both JSON of one schema, or both something else. */
export function sameAnswerShape(base: AnswerToCompare, head: AnswerToCompare, ignoreKeys: readonly string[]) {
  const jsons = [jsonOf(base), jsonOf(head)];
  if (jsons.includes(undefined)) return jsons[0] === jsons[1];
  const ignored = new Set(ignoreKeys);
  try {
    return sameShape(shapeOf(jsons[0], ignored), shapeOf(jsons[1], ignored));
  } catch {
    // Nested deeper than the stack: nothing is said of it, that it differs is.
    return true;
  }
}

/** Most answers of most pull requests: nothing of them needs to be parsed. */
function isSameToTheByte({ base, head }: Record<Side, AnswerToCompare>): boolean {
  return base.status === head.status && base.contentType === head.contentType && base.body.equals(head.body);
}

/** The stretches of two texts around their first difference, short enough for a comment. */
export function firstDifference(a: string, b: string): { a: string; b: string } {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index += 1;
  const start = Math.max(0, index - 20);
  const cut = (text: string): string => clip(`${start > 0 ? '…' : ''}${text.slice(start, start + 100)}`, 80);
  return { a: cut(a), b: cut(b) };
}

/** Sums up how the answers of two sides compare, request by request. */
export interface AnswerTally {
  /**
   * Counts one request.
   * @param request what was asked, for the example
   * @param again asked for when the answers differ: another answer of the base to the same request. Where the base differs
   *   from itself, that is no difference of the head, and the request is left out.
   */
  add(
    request: string,
    answers: Record<Side, AnswerToCompare>,
    again?: () => Promise<AnswerToCompare>,
  ): Promise<void>;
  result(): AnswerComparison;
}

/** @throws PerfCiError `json-pointer` when the rules hold text that is no pointer */
export function createAnswerTally({ ignoreKeys, ranking }: AnswerRules): AnswerTally {
  const comparison: AnswerComparison = { compared: 0, different: 0 };
  const readRanking = ranking === undefined ? undefined : createRankingReader(ranking);
  const rankings = createRankingTally(ranking?.k ?? 1);
  const bytes = { base: 0, head: 0 };

  function countDifference(
    request: string,
    answers: Record<Side, AnswerToCompare>,
    texts: Record<Side, string>,
  ) {
    comparison.different += 1;
    if (answers.base.status !== answers.head.status) {
      comparison.statusDifferent = (comparison.statusDifferent ?? 0) + 1;
    }
    if (!sameAnswerShape(answers.base, answers.head, ignoreKeys)) {
      comparison.shapeDifferent = (comparison.shapeDifferent ?? 0) + 1;
    }
    const difference = firstDifference(texts.base, texts.head);
    comparison.example ??= { request: clip(request, 80), base: difference.a, head: difference.b };
  }

  return {
    async add(request, answers, again) {
      const texts = isSameToTheByte(answers)
        ? { base: '', head: '' }
        : { base: answerText(answers.base, ignoreKeys), head: answerText(answers.head, ignoreKeys) };
      if (texts.base !== texts.head) {
        if (again !== undefined && answerText(await again(), ignoreKeys) !== texts.base) return;
        countDifference(request, answers, texts);
      }
      comparison.compared += 1;
      bytes.base += answers.base.body.length;
      bytes.head += answers.head.body.length;
      if (readRanking !== undefined) {
        rankings.add(readRanking(jsonOf(answers.base)), readRanking(jsonOf(answers.head)));
      }
    },
    result() {
      const found = rankings.result();
      return {
        ...comparison,
        ...(comparison.compared === 0 ? {} : { bytes: { ...bytes } }),
        ...(found === undefined ? {} : { ranking: found }),
      };
    },
  };
}

/**
 * Sends the same requests to both sides and counts the answers that differ. An answer in which the base
 * differs from itself when asked twice is no difference of the head: such requests are left out. Statuses that the
 * project expects are right answers, and are compared like any other.
 * @throws TrialError at an answer that is not expected
 */
export async function compareAnswers(
  sides: Record<Side, SideInUse>,
  requests: readonly RequestSpec[],
  rules: AnswerRules,
): Promise<AnswerComparison> {
  const tally = createAnswerTally(rules);
  const endMs = performance.now() + COMPARE_LIMIT_MS;
  for (const spec of requests) {
    if (performance.now() > endMs) break;
    await tally.add(
      `${spec.method} ${spec.path} ${spec.body ?? ''}`.trim(),
      await askBoth(sides, spec),
      async () => (await askBoth(sides, spec)).base,
    );
  }
  return tally.result();
}
