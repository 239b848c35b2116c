import type { GitHubClient } from './client.ts';
import type { Answer } from './failure.ts';

/** One attempt of GitHub to deliver an event to the App's webhook. A redelivery is another attempt with the same guid. */
export interface HookAttempt {
  /** Of this attempt, decimal text; it rises with time. */
  id: string;
  /** Of the event: what the door knows as the delivery id. */
  guid: string;
  /** Milliseconds since the epoch, by GitHub's clock, which gives whole seconds. */
  deliveredAtMs: number;
  /** What we answered; 0: nothing in time. */
  statusCode: number;
  isRedelivery: boolean;
}

export interface HookAttempts {
  /** Newest first. */
  attempts: HookAttempt[];
  /** False: there are more in this time than are read at once, and the oldest are not among these. */
  isWhole: boolean;
}

export interface HookDeliveries {
  /** The attempts made at `sinceMs` (by GitHub's clock) or later; after an abort those that were read so far. */
  listAttempts(sinceMs: number, signal?: AbortSignal): Promise<Answer<HookAttempts>>;
  /** Has the event of an attempt delivered once more; its outcome shows in the list some time after. */
  redeliver(attemptId: string): Promise<Answer<undefined>>;
}

const PER_PAGE = 100;

/**
 * GitHub's own record of what it tried to deliver. Both calls are made as the App: no installation is asked.
 *
 * @param options.mostPages pages of 100 that one listing may take
 */
export function createHookDeliveries(
  client: Pick<GitHubClient, 'callAsApp'>,
  { mostPages = 100 }: { mostPages?: number } = {},
): HookDeliveries {
  return {
    async listAttempts(sinceMs, signal) {
      const attempts: HookAttempt[] = [];
      let cursor: string | undefined;
      for (let page = 1; page <= mostPages && signal?.aborted !== true; page += 1) {
        const at = { per_page: PER_PAGE, ...(cursor === undefined ? {} : { cursor }) };
        const answer = await client.callAsApp((octokit) => octokit.rest.apps.listWebhookDeliveries(at));
        if (!answer.ok) return answer;
        const { data, headers } = answer.value;
        if (!Array.isArray(data)) return broken(page);

        const shown = data.map(toAttempt);
        attempts.push(...shown.filter(({ deliveredAtMs }) => deliveredAtMs >= sinceMs));
        cursor = nextCursor(headers);
        const oldest = shown.at(-1);
        if (cursor === undefined || oldest === undefined || oldest.deliveredAtMs < sinceMs) {
          return { ok: true, value: { attempts, isWhole: true } };
        }
      }
      return { ok: true, value: { attempts, isWhole: false } };
    },
    async redeliver(attemptId) {
      // Ids stay text, as they may be longer than a double holds; octokit only writes them into the path.
      const at = { delivery_id: attemptId as unknown as number };
      const answer = await client.callAsApp<unknown>((octokit) =>
        octokit.rest.apps.redeliverWebhookDelivery(at),
      );
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
  };
}

interface RawAttempt {
  id: number | bigint;
  guid: string;
  delivered_at: string;
  redelivery: boolean;
  status_code: number;
}

function toAttempt(raw: RawAttempt): HookAttempt {
  return {
    id: String(raw.id),
    guid: raw.guid,
    deliveredAtMs: Date.parse(raw.delivered_at),
    statusCode: raw.status_code,
    isRedelivery: raw.redelivery,
  };
}

/** This list turns its pages by a cursor, which only the link to the next page tells. */
function nextCursor(headers: Record<string, unknown>): string | undefined {
  const { link } = headers;
  const next = typeof link === 'string' ? /<([^>]+)>;\s*rel="?next"?/.exec(link)?.[1] : undefined;
  if (next === undefined || !URL.canParse(next)) return undefined;
  return new URL(next).searchParams.get('cursor') ?? undefined;
}

function broken(page: number): Answer<never> {
  const message = `page ${page} of the list of deliveries broke off`;
  return { ok: false, failure: { kind: 'unknown-outcome', message } };
}
