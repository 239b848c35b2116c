import { toPerfCiError } from '../domain/errors.ts';
import { retryDelayMs } from './backoff.ts';
import { checkSlot } from './check-slot.ts';
import { commentSlot } from './comment-slot.ts';
import type { Delivered } from './deliver.ts';
import { deliver } from './deliver.ts';
import type { GitHubWrites, Identity, OutboxItem, OutboxPort, ReporterLog } from './ports.ts';
import { recheck } from './recheck.ts';
import type { RemoteSlot } from './remote-slot.ts';

export interface SendContext {
  outbox: OutboxPort;
  writes: GitHubWrites;
  identity: Identity;
  /** Secret of this installation of perf-ci, at least 16 characters; the same for ever. */
  markerKey: string;
  log: ReporterLog;
  lookAgainAfterMs: number;
  firstRetryMs: number;
  recheckAfterMs: number;
}

/** Brings one claimed item to GitHub and notes what became of it. Throws only what the outbox throws. */
export async function sendItem(
  item: OutboxItem,
  mayCreate: () => boolean,
  context: SendContext,
): Promise<void> {
  const delivered = await attempt(item, mayCreate, context);
  const held = await note(item, delivered, context);
  const { error, ...outcome } = { error: undefined, ...delivered };
  const fields = { ...fieldsOf(item), ...outcome, ...(error === undefined ? {} : { reason: error }) };
  if (!held) context.log.warn(fields, 'the claim on an outbox item ran out before its outcome was noted');
  else if (delivered.state === 'dead')
    context.log.error(fields, 'an outbox item cannot be brought to GitHub');
  else if (delivered.state === 'sent') context.log.info(fields, 'an outbox item was brought to GitHub');
  else context.log.warn(fields, 'an outbox item has to wait');
}

/** Looks once more for copies of one item; comes up again by itself when it could not. */
export async function recheckItem(item: OutboxItem, context: SendContext): Promise<void> {
  const result = await recheck(item, slotOf(item, context));
  if (result.state === 'again') {
    context.log.warn({ ...fieldsOf(item), reason: result.error }, 'a recheck has to wait');
    return;
  }
  await context.outbox.finishRecheck(item.outboxId, result.kept);
  if (result.discarded.length > 0) {
    context.log.warn(
      { ...fieldsOf(item), kept: result.kept, discarded: result.discarded },
      'copies were removed',
    );
  }
}

async function attempt(item: OutboxItem, mayCreate: () => boolean, context: SendContext): Promise<Delivered> {
  try {
    return await deliver(item, slotOf(item, context), { ...context, mayCreate });
  } catch (thrown) {
    const { code, message } = toPerfCiError(thrown);
    if (code === 'outbox-item') return { state: 'dead', error: message };
    // Nothing is known about how far it came, so it is looked at before anything is created again.
    return {
      state: 'unknown',
      error: message,
      retryAfterMs: retryDelayMs(item.attempts, context.firstRetryMs),
    };
  }
}

function slotOf(item: OutboxItem, context: SendContext): RemoteSlot {
  return item.kind === 'comment' ? commentSlot(item, context) : checkSlot(item, context);
}

function note(
  item: OutboxItem,
  delivered: Delivered,
  { outbox, recheckAfterMs }: SendContext,
): Promise<boolean> {
  switch (delivered.state) {
    case 'sent':
      return outbox.markSent(item, {
        externalId: delivered.externalId,
        version: item.desiredVersion,
        ...(delivered.mayHaveCopies ? { recheckAfterMs } : {}),
      });
    case 'unknown':
      return outbox.markUnknown(item, delivered);
    case 'retry':
      return outbox.markRetry(item, delivered);
    case 'dead':
      return outbox.markDead(item, delivered.error);
  }
}

function fieldsOf(item: OutboxItem): Record<string, unknown> {
  const { outboxId, kind, repoFullName, slot, runId, desiredVersion, attempts } = item;
  return { outboxId, kind, repository: repoFullName, slot, runId, version: desiredVersion, attempts };
}
