/** What is wrong with a configuration, where, and how that is shown to a person. */

import { clip } from '../domain/errors.ts';

/** One thing wrong with perf-ci.yml or a file that it names. */
export interface ConfigProblem {
  /** Relative to the repository's root. */
  file: string;
  /** From 1. */
  line?: number;
  /** From 1, in UTF-16 units as editors count. */
  column?: number;
  /** `scenarios[0].gate[0].threshold`; '' for the file as a whole. */
  path: string;
  /** Expected and found. */
  message: string;
  /** What to do about it. */
  fix?: string;
}

/** Keys and indexes from the root of the data. */
export type ConfigPath = readonly (string | number)[];

/** A problem by its place in the data; lines and columns are added by {@link toProblems}. */
export interface Finding {
  path: ConfigPath;
  message: string;
  fix?: string;
  /** Which half of a `key: value` pair is meant; the value unless told. */
  at?: 'key' | 'value';
  /** Offset in the text, where it is known better than by the path. */
  offset?: number;
}

/** A place in a text; both count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** A file whose findings can be given a line and a column. */
export interface LocatedFile {
  file: string;
  /** One position for each finding, in their order. */
  locate(findings: readonly Finding[]): (Position | undefined)[];
}

/** More than this many problems of one file are counted, not listed. */
export const MAX_PROBLEMS_PER_FILE = 100;

/** `findings` as problems of `source`: located, in the order of the file, each once, the first hundred of them. */
export function toProblems(source: LocatedFile, findings: readonly Finding[]): ConfigProblem[] {
  const seen = new Set<string>();
  const distinct = findings.filter((finding) => {
    const identity = JSON.stringify([finding.path, finding.message, finding.offset]);
    return seen.has(identity) ? false : seen.add(identity);
  });
  const listed = distinct.slice(0, MAX_PROBLEMS_PER_FILE);
  const positions = source.locate(listed);
  const problems = listed.map((finding, index) => toProblem(source.file, finding, positions[index]));
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const rest = distinct.length - listed.length;
  if (rest > 0)
    problems.push({ file: source.file, path: '', message: `${rest} more problems are not listed` });
  return problems;
}

function toProblem(file: string, finding: Finding, position: Position | undefined): ConfigProblem {
  return {
    file,
    ...position,
    path: pathText(finding.path),
    message: finding.message,
    ...(finding.fix === undefined ? {} : { fix: finding.fix }),
  };
}

/** `['scenarios', 0, 'gate']` as `scenarios[0].gate`; unusual keys are quoted and clipped. */
export function pathText(path: ConfigPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]{0,80}$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(clip(part))}]`;
  }
  return text;
}

/** One line for each problem: `perf-ci.yml:5:5  scenarios[0].treshold: unknown key; did you mean "threshold"?  …`. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  return problems.map(formatProblem).join('\n');
}

function formatProblem(problem: ConfigProblem): string {
  const position = problem.line === undefined ? '' : `:${problem.line}:${problem.column ?? 1}`;
  const subject = problem.path === '' ? '' : `${problem.path}: `;
  const fix = problem.fix === undefined ? '' : `  ${problem.fix}`;
  // File names, keys and values come from a repository: no control character of theirs reaches a terminal.
  return clip(`${problem.file}${position}  ${subject}${problem.message}${fix}`, 1_000);
}
