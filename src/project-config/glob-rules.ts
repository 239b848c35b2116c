/**
 * Which globs may be written. Globs become regular expressions that run over file names chosen by strangers,
 * so the forms that can make an expression slow (groups, quantifiers, many wildcards) are refused.
 */

import picomatch from 'picomatch';
import type { Objection } from './objection.ts';

/**
 * `dot`: `.github/` is a path like any other. Extended globs and negation are off: the lists say what is negated.
 * `flags`: a name may hold a line break, and a wildcard must not stop at it.
 */
export const GLOB_OPTIONS = { dot: true, noextglob: true, nonegate: true, flags: 's' } as const;

const MAX_LENGTH = 200;

/** The forms in words, for documents. */
export const GLOB_RULE = 'a glob of at most 200 characters with *, **, ?, [a-z] and {a,b}, e.g. "src/**"';

const CHEAP_RULE = 'a glob with at most two **, two * in a segment, four wildcards and two {} in all';

/** Why `glob` may not be written; undefined if it may. */
export function objectToGlob(glob: string): Objection | undefined {
  if (glob === '' || glob.length > MAX_LENGTH) return { expected: GLOB_RULE };
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f()\\!|]/.test(glob))
    return { expected: GLOB_RULE, fix: 'write ? for ( ) ! | \\ in a name' };
  const segments = glob.split('/');
  if (segments.some((segment) => ['', '.', '..'].includes(segment))) {
    return {
      expected: 'a glob relative to the root',
      fix: 'no leading or doubled slash, no . or .. segment; a directory is "docs/**"',
    };
  }
  if (isCostly(glob, segments)) return { expected: CHEAP_RULE, fix: 'write several simpler globs' };
  return compiles(glob)
    ? undefined
    : {
        expected: GLOB_RULE,
        fix: 'close every [ and {, do not nest them, and list what {1..3} would stand for',
      };
}

/** Every wildcard and every {} multiplies the ways in which a hostile name can be tried. */
function isCostly(glob: string, segments: readonly string[]): boolean {
  const wildcards = glob.match(/\*+/g)?.length ?? 0;
  const deep = glob.match(/\*{2,}/g)?.length ?? 0;
  const groups = glob.split('{').length - 1;
  const crowded = segments.some((segment) => segment.split(/\*+/).length > 3);
  return wildcards > 4 || deep > 2 || groups > 2 || crowded;
}

function compiles(glob: string): boolean {
  const braces = glob.replaceAll(/[^{}]/g, '');
  if (!/^(?:\{\})*$/.test(braces) || /\{[^}]*\.\./.test(glob)) return false;
  // The matcher would read this + as a quantifier of the group before it.
  if (/[\]}]\+/.test(glob)) return false;
  if (glob.includes('[') && !/\[[^[\]]+\]/.test(glob)) return false;
  try {
    picomatch.makeRe(glob, { ...GLOB_OPTIONS, debug: true });
    return true;
  } catch {
    return false;
  }
}
