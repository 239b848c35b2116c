/** The requests of a scenario, each sent once for each row of its data file. */

import type { RequestSpec } from '../domain/benchmark.ts';
import { TOO_MUCH, type Allowance } from './allowance.ts';
import { MAX_ROWS, type DataRows } from './data-file.ts';
import { fillRequest } from './fill-request.ts';
import { expectation } from './found.ts';
import { count } from './leaves.ts';
import type { Objection } from './objection.ts';
import type { ConfigPath, Finding } from './problem.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { MAX_BODY_BYTES, objectToHeaderValue } from './request-rules.ts';
import type { RequestYml } from './request-schema.ts';
import { objectToUrlPath } from './url-path.ts';

/** Most requests of a scenario, whatever they are made from. */
const MAX_REQUESTS = MAX_ROWS;

/** Requests are drawn by their weights: this much in all. */
const MAX_WEIGHT = 100_000;

/** What a scenario's requests are made from. */
export interface Expansion {
  files: RepositoryFiles;
  data: DataRows | undefined;
  /** Whether placeholders of a set-up request stay. */
  hasSetup: boolean;
  allowance: Allowance;
}

/** The requests in the order of rows, then of the list; or the first thing that is wrong with them. */
export function expandRequests(
  place: ConfigPath,
  requests: readonly RequestYml[],
  expansion: Expansion,
): { requests: RequestSpec[]; findings: Finding[] } {
  const { files, data, hasSetup, allowance } = expansion;
  const rows = data?.rows ?? [undefined];
  const number = rows.length * requests.length;
  const refused = (finding: Finding): { requests: RequestSpec[]; findings: Finding[] } => ({
    requests: [],
    findings: [finding],
  });
  const atData = [...place, 'data_file'];
  if (number > MAX_REQUESTS) {
    const message = `expected at most ${count(MAX_REQUESTS)} requests; found ${count(rows.length)} rows for ${count(requests.length)} requests`;
    return refused({ path: atData, message, fix: 'use fewer rows' });
  }
  const [tooHeavy] = objectToWeights(place, requests, rows.length);
  if (tooHeavy !== undefined) return refused(tooHeavy);
  const expanded: RequestSpec[] = [];
  for (const [index, row] of rows.entries()) {
    for (const request of requests) {
      const spec = fillRequest(request, { files, row, keepsPlaceholders: hasSetup });
      const objection = row === undefined ? undefined : objectToFilled(spec);
      if (objection !== undefined) {
        const message = `row ${index + 1}: ${expectation(objection.expected, objection.found)}`;
        return refused({
          path: atData,
          message,
          ...(objection.fix === undefined ? {} : { fix: objection.fix }),
        });
      }
      if (!fits(spec, allowance)) return refused({ path: place, ...TOO_MUCH });
      expanded.push(spec);
    }
  }
  return { requests: expanded, findings: [] };
}

/** A finding where weights, each `times` over, make more than a pair can draw from. */
export function objectToWeights(
  path: ConfigPath,
  weighted: readonly { weight: number }[],
  times = 1,
): Finding[] {
  const weight = times * weighted.reduce((sum, { weight: own }) => sum + own, 0);
  if (weight <= MAX_WEIGHT) return [];
  const message = `expected weights of at most ${count(MAX_WEIGHT)} together; found ${count(weight)}`;
  return [{ path, message, fix: 'weights are relative: divide them by a common factor' }];
}

/** Whether a request still fits into the allowance. */
export function fits({ path, headers, body, bodyBase64 }: RequestSpec, allowance: Allowance): boolean {
  return allowance.take(path, JSON.stringify(headers), body, bodyBase64);
}

/** With values put in, the rules over single values can be broken anew. */
function objectToFilled({ path, headers, body }: RequestSpec): Objection | undefined {
  const ofPath = objectToUrlPath(path);
  if (ofPath !== undefined) return { ...ofPath, found: path };
  for (const value of Object.values(headers)) {
    const ofHeader = objectToHeaderValue(value);
    if (ofHeader !== undefined) return { ...ofHeader, found: value };
  }
  if (body === undefined || Buffer.byteLength(body) <= MAX_BODY_BYTES) return undefined;
  return { expected: `a body of at most ${MAX_BODY_BYTES} bytes`, found: body };
}
