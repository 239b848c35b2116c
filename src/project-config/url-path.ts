/** Paths of requests: what is refused, what is percent-encoded. */

import type { Objection } from './objection.ts';

/** Longest path and query, in bytes after percent-encoding. */
export const MAX_URL_PATH_BYTES = 8_192;

const HOST_IS_FIXED = 'give a path such as /api/items; the host is fixed';

/** Why `text` cannot be the path of a request; undefined if it can, as {@link encodeUrlPath} writes it. */
export function objectToUrlPath(text: string): Objection | undefined {
  const rule = 'a path that starts with one slash';
  if (/^[a-z][a-z\d+.-]*:/i.test(text) || text.startsWith('//'))
    return { expected: rule, fix: HOST_IS_FIXED };
  if (!text.startsWith('/')) return { expected: rule, fix: 'give a path such as /api/items' };
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return { expected: 'a path without control characters' };
  if (!text.isWellFormed()) return { expected: 'a path of well-formed Unicode' };
  if (/[\\#]/.test(text)) return { expected: 'a path without \\ and #', fix: 'write %5C or %23' };
  if (/%(?![\da-f]{2})/i.test(text))
    return {
      expected: 'a path in which % is followed by two hex digits',
      fix: 'write %25 for a percent sign',
    };
  if (hasDotSegment(text))
    return { expected: 'a path without . and .. segments', fix: 'write the path that is meant' };
  if (encodeUrlPath(text).length > MAX_URL_PATH_BYTES)
    return { expected: `a path of at most ${MAX_URL_PATH_BYTES} bytes` };
  return undefined;
}

/** `text` with spaces, non-ASCII and other characters that no URL may hold percent-encoded as UTF-8. */
export function encodeUrlPath(text: string): string {
  return text.replaceAll(/[^\w\-.~!$&'()*+,;=:@/?%[\]]+/g, encodeURIComponent);
}

function hasDotSegment(text: string): boolean {
  const [path = ''] = text.split('?');
  return path.split('/').some((segment) => ['.', '..'].includes(segment.replaceAll(/%2e/gi, '.')));
}
