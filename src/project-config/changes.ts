/** Whether the files that a pull request changes can matter to its measurement. */

import picomatch from 'picomatch';
import type { ProjectConfig } from '../domain/benchmark.ts';
import { clip } from '../domain/errors.ts';
import { GLOB_OPTIONS } from './glob-rules.ts';

/** Beyond these limits a change matters without a closer look: measuring too often is the harmless mistake. */
const MAX_PATHS = 10_000;
const MAX_PATH_LENGTH = 1_024;
const MAX_MATCHING_MS = 250;

/** The answer of {@link changesMatter}. */
export interface ChangeRelevance {
  matter: boolean;
  /** One sentence for the comment; holds file names of the repository, so it is text to escape. */
  reason: string;
}

/**
 * Does one of `changedPaths` (relative to the root, with slashes) match `paths.include` and not `paths.ignore`?
 * No changed path at all does not matter.
 */
export function changesMatter(
  changedPaths: readonly string[],
  paths: ProjectConfig['paths'],
): ChangeRelevance {
  if (changedPaths.length === 0) return { matter: false, reason: 'no file changed' };
  if (changedPaths.length > MAX_PATHS)
    return { matter: true, reason: `more than ${MAX_PATHS} files changed` };
  const isIncluded = anyOf(paths.include);
  const isIgnored = anyOf(paths.ignore);
  const startedMs = performance.now();
  let ignored = 0;
  for (const path of changedPaths) {
    const known = path.length <= MAX_PATH_LENGTH;
    if (!known) return { matter: true, reason: `the path ${clip(path)} is too long to be matched` };
    // A guard against slow globs over hostile names, in addition to the rules over globs.
    if (performance.now() - startedMs > MAX_MATCHING_MS) {
      return { matter: true, reason: 'matching the changed files against paths took too long' };
    }
    if (!isIncluded(path)) continue;
    if (!isIgnored(path)) return { matter: true, reason: `${clip(path)} matters` };
    ignored += 1;
  }
  return { matter: false, reason: whyNot(changedPaths.length, ignored) };
}

function anyOf(globs: readonly string[]): (path: string) => boolean {
  const matchers = globs.map((glob) => picomatch(glob, GLOB_OPTIONS));
  return (path) => matchers.some((matches) => matches(path));
}

function whyNot(changed: number, ignored: number): string {
  const files = changed === 1 ? 'the changed file is' : `all ${changed} changed files are`;
  if (ignored === changed) return `${files} ignored by paths.ignore`;
  return ignored === 0
    ? `${files} outside paths.include`
    : `${files} outside paths.include or ignored by paths.ignore`;
}
