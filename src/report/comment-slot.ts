import { PerfCiError } from '../domain/errors.ts';
import { makeMarker, readMarker } from './marker.ts';
import type { GitHubWrites, Identity, OutboxItem, RemoteComment } from './ports.ts';
import type { RemoteSlot } from './remote-slot.ts';
import { compareIds } from './remote-slot.ts';

/**
 * The one comment of a pull request. Ours is what our App wrote and our marker names for this very slot: the author
 * alone would take other tools' comments through the same App, the marker alone anybody's copy of it.
 *
 * @throws PerfCiError `outbox-item` when the item is no comment that can be sent
 */
export function commentSlot(
  item: OutboxItem,
  options: { writes: GitHubWrites; identity: Identity; markerKey: string },
): RemoteSlot {
  const { writes, identity, markerKey } = options;
  const pullNumber = pullNumberOf(item);
  const place = { installationId: item.installationId, repoFullName: item.repoFullName, pullNumber };
  const marker = makeMarker(markerKey, { repoId: item.repoId, pullNumber, version: item.desiredVersion });
  const body = `${bodyOf(item)}\n\n${marker}`;

  function isOurs(comment: RemoteComment): boolean {
    const byApp = comment.appId === identity.appId;
    const byBot = identity.botUserId !== undefined && comment.authorId === identity.botUserId;
    if (!byApp && !byBot) return false;
    const found = readMarker(markerKey, comment.body);
    return found?.repoId === item.repoId && found.pullNumber === pullNumber;
  }

  return {
    async look() {
      const listed = await writes.listComments(place);
      if (!listed.ok) return listed;
      const ours = listed.value.filter(isOurs).sort((left, right) => compareIds(left.id, right.id));
      const refs = ours.map((comment) => ({ id: comment.id, upToDate: sameText(comment.body, body) }));
      return { ok: true, value: refs };
    },
    create: () => writes.createComment(place, body),
    update: (id) => writes.updateComment(place, id, body),
    discard: (id) => writes.deleteComment(place, id),
  };
}

function pullNumberOf(item: OutboxItem): number {
  const match = /^pull\/([1-9][0-9]{0,9})$/.exec(item.slot);
  if (match?.[1] === undefined) throw malformed(`expected a slot pull/<number>, found ${item.slot}`);
  return Number(match[1]);
}

function bodyOf(item: OutboxItem): string {
  const { body } = (item.desired ?? {}) as { body?: unknown };
  if (typeof body !== 'string' || body === '') throw malformed('expected a comment with a body, found none');
  return body;
}

function malformed(message: string): PerfCiError {
  return new PerfCiError('outbox-item', message);
}

/** GitHub gives line ends back as it likes, and trims. */
function sameText(left: string, right: string): boolean {
  return left.replaceAll('\r\n', '\n').trim() === right.trim();
}
