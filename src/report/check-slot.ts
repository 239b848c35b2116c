import { PerfCiError } from '../domain/errors.ts';
import type { DesiredCheck } from './check.ts';
import type { GitHubWrites, Identity, OutboxItem } from './ports.ts';
import type { RemoteSlot } from './remote-slot.ts';
import { compareIds } from './remote-slot.ts';

/**
 * The check of a run. Ours is what our App made with the run's id and our name. Of several the newest is kept,
 * because GitHub shows that one and rules on branches read it; checks cannot be deleted, so the others are ended.
 *
 * @throws PerfCiError `outbox-item` when the item is no check that can be sent
 */
export function checkSlot(
  item: OutboxItem,
  options: { writes: GitHubWrites; identity: Identity },
): RemoteSlot {
  const { writes, identity } = options;
  const place = { installationId: item.installationId, repoFullName: item.repoFullName };
  const check = checkOf(item.desired);

  return {
    async look() {
      const listed = await writes.listChecks(place, { headSha: check.headSha, name: check.name });
      if (!listed.ok) return listed;
      const ours = listed.value
        .filter(
          ({ appId, name, externalId }) =>
            appId === identity.appId && name === check.name && externalId === check.externalId,
        )
        .sort((left, right) => compareIds(right.id, left.id));
      return { ok: true, value: ours.map(({ id }) => ({ id, upToDate: false })) };
    },
    create: () => writes.createCheck(place, check),
    update: (id) => writes.updateCheck(place, id, check),
    discard: (id) => writes.updateCheck(place, id, replaced(check)),
  };
}

function replaced(check: DesiredCheck): DesiredCheck {
  const { text: _text, ...rest } = check;
  const title = 'Replaced by a newer check of the same run';
  return { ...rest, status: 'completed', conclusion: 'neutral', title, summary: `${title}.` };
}

const STATUSES: readonly unknown[] = [
  'queued',
  'in_progress',
  'completed',
] satisfies DesiredCheck['status'][];

function checkOf(desired: unknown): DesiredCheck {
  const check = (desired ?? {}) as Partial<DesiredCheck>;
  const texts = [check.name, check.headSha, check.title, check.summary, check.externalId];
  const complete =
    texts.every((text) => typeof text === 'string' && text !== '') && STATUSES.includes(check.status);
  if (!complete || (check.status === 'completed') !== (check.conclusion !== undefined)) {
    throw new PerfCiError(
      'outbox-item',
      'expected a whole check, with a conclusion if completed, found another thing',
    );
  }
  return check as DesiredCheck;
}
