import { createBell } from './bell.ts';
import type { OutboxItem } from './ports.ts';
import { recheckItem, sendItem } from './send-item.ts';
import type { SendContext } from './send-item.ts';
import { createSpacing } from './spacing.ts';
import { createWriteBudget } from './write-budget.ts';

export interface ReporterOptions extends Omit<
  SendContext,
  'lookAgainAfterMs' | 'firstRetryMs' | 'recheckAfterMs'
> {
  /** Of this process, in claims and logs. */
  name: string;
  /** How often the outbox is asked when nobody calls `wake`; default 1 s. */
  pollMs?: number;
  /** Longest time for one attempt, after which it counts as lost; default 60 s. */
  claimMs?: number;
  /** Wait before looking for what an unanswered create may have made; default 10 s. */
  lookAgainAfterMs?: number;
  /** Wait after the first other failure, doubled with each; default 5 s. */
  firstRetryMs?: number;
  /** When copies are looked for after a create; default 60 s. */
  recheckAfterMs?: number;
  /** Least time between two edits of one item; default 1 s. */
  spacingMs?: number;
  /** Items in work at once; default 4. */
  concurrency?: number;
  /** Called after each attempt, such as to close runs whose items are all sent. */
  onSettled?: (item: OutboxItem) => Promise<void>;
}

export interface Reporter {
  /** Something may be due now. */
  wake(): void;
  /** Takes nothing more and resolves when what is under way has ended. */
  stop(): Promise<void>;
}

/** One request may take 10 s: what is left of a claim has to be enough for it and for noting its outcome. */
const CLAIM_RESERVE_MS = 15_000;

/**
 * Starts bringing the outbox to GitHub, until stopped. A database that does not answer is asked again at the next
 * poll; what was sent without being noted is found again after its claim has run out.
 */
export function startReporter(options: ReporterOptions): Reporter {
  const { outbox, log, name, pollMs = 1_000, claimMs = 60_000, concurrency = 4 } = options;
  const context: SendContext = {
    lookAgainAfterMs: 10_000,
    firstRetryMs: 5_000,
    recheckAfterMs: 60_000,
    ...options,
  };
  const spacing = createSpacing(options.spacingMs ?? 1_000);
  const budget = createWriteBudget();
  /** Items in work by id: the send and the recheck of one item must not overtake each other. */
  const busy = new Map<string, Promise<void>>();
  const bell = createBell();
  const stopping = new AbortController();

  async function send(item: OutboxItem, takenAtMs: number): Promise<void> {
    const waitMs = spacing.waitMs(item) || budget.waitMs(item);
    if (waitMs > 0) {
      await outbox.markRetry(item, { error: 'waits its turn', retryAfterMs: waitMs });
      return;
    }
    const reserveMs = Math.min(CLAIM_RESERVE_MS, claimMs / 2);
    const mayCreate = (): boolean => performance.now() - takenAtMs < claimMs - reserveMs;
    await sendItem(item, mayCreate, context);
    spacing.noteSent(item);
    await options.onSettled?.(item);
  }

  function begin(item: OutboxItem, work: () => Promise<void>): void {
    const before = busy.get(item.outboxId) ?? Promise.resolve();
    const done = before
      .then(work)
      .catch((error: unknown) =>
        log.error({ outboxId: item.outboxId, error }, 'an outbox item was left unfinished'),
      )
      .finally(() => {
        if (busy.get(item.outboxId) === done) busy.delete(item.outboxId);
        bell.ring();
      });
    busy.set(item.outboxId, done);
  }

  async function takeWork(): Promise<boolean> {
    const takenAtMs = performance.now();
    const item = await outbox.takeOutboxItem({ claimedBy: name, claimMs });
    if (item !== undefined) {
      begin(item, () => send(item, takenAtMs));
      return true;
    }
    const due = await outbox.takeRecheck(claimMs);
    // One that is being sent right now comes up again: its content here may already be the older one.
    if (due !== undefined && !busy.has(due.outboxId)) begin(due, () => recheckItem(due, context));
    return due !== undefined;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        while (!stopping.signal.aborted && busy.size < concurrency && (await takeWork())) continue;
      } catch (error) {
        log.warn({ error }, 'the outbox could not be read');
      }
      if (!stopping.signal.aborted) await bell.wait(pollMs);
    }
    await Promise.all(busy.values());
  }

  const running = run();
  return {
    wake() {
      bell.ring();
    },
    async stop() {
      stopping.abort();
      bell.ring();
      await running;
    },
  };
}
