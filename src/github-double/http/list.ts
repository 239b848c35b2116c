import type { Answer, Call } from './route.ts';

const DEFAULT_PER_PAGE = 30;
const MAX_PER_PAGE = 100;

function wholeNumber(text: string | undefined, fallback: number): number {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : fallback;
}

/** Page size and number asked for, within GitHub's limits. */
export function pageOf(call: Call): { perPage: number; page: number } {
  const perPage = Math.min(MAX_PER_PAGE, wholeNumber(call.query['per_page'], DEFAULT_PER_PAGE));
  return { perPage, page: wholeNumber(call.query['page'], 1) };
}

/** `Link` header for a page of a list, undefined when everything fits on one page. */
export function linkHeader(call: Call, total: number): string | undefined {
  const { perPage, page } = pageOf(call);
  const last = Math.max(1, Math.ceil(total / perPage));
  const to = (target: number, rel: string): string => {
    const query = new URLSearchParams({ ...call.query, page: String(target) });
    return `<${call.world.url}${call.canonicalPath}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [to(Math.min(page - 1, last), 'prev')] : []),
    ...(page < last ? [to(page + 1, 'next'), to(last, 'last')] : []),
    ...(page > 1 ? [to(1, 'first')] : []),
  ];
  return links.length === 0 ? undefined : links.join(', ');
}

/** One page of a list; `wrap` gives it the envelope that some lists have. */
export function listAnswer<T>(
  call: Call,
  all: T[],
  view: (item: T) => unknown,
  wrap: (views: unknown[], total: number) => unknown = (views) => views,
): Answer {
  const { perPage, page } = pageOf(call);
  const items = all.slice((page - 1) * perPage, page * perPage);
  const link = linkHeader(call, all.length);
  return {
    status: 200,
    body: wrap(items.map(view), all.length),
    ...(link === undefined ? {} : { headers: { link } }),
  };
}
