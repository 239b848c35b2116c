import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckFields, GitHubWrites } from '../../src/github/writes.ts';
import { createWrites } from '../../src/github/writes.ts';
import type { Answer } from '../../src/github/failure.ts';
import type { Room } from './helpers/room.ts';
import { clientOf, countRequests, openRoom } from './helpers/room.ts';

let room: Room;
let writes: GitHubWrites;
beforeAll(async () => {
  room = await openRoom();
  writes = createWrites(clientOf(room));
});
afterAll(() => room.stop());

function valueOf<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Error(answer.failure.message);
  return answer.value;
}

function pull() {
  return { ...room.place, pullNumber: room.pull.number };
}

function fields(more: Partial<CheckFields> = {}): CheckFields {
  return {
    name: 'perf-ci',
    headSha: room.pull.headSha,
    status: 'queued',
    title: 'Queued',
    summary: 'soon',
    externalId: 'run-1',
    ...more,
  };
}

describe('comments', () => {
  it('are created, listed with their App, edited and deleted', async () => {
    const { id } = valueOf(await writes.createComment(pull(), 'one'));
    valueOf(await writes.updateComment(room.place, id, 'two'));
    const listed = valueOf(await writes.listComments(pull()));
    valueOf(await writes.deleteComment(room.place, id));
    const left = valueOf(await writes.listComments(pull()));

    expect(listed.find((comment) => comment.id === id)).toMatchObject({
      body: 'two',
      appId: String(room.double.app.id),
    });
    expect(left.some((comment) => comment.id === id)).toBe(false);
  });

  it('are listed over all pages, those of people without an App', async () => {
    for (let count = 0; count < 120; count += 1) {
      room.double.comment('acme/ranking', room.pull.number, 'ada', `comment ${count}`);
    }
    const from = room.double.requests.length;

    const listed = valueOf(await writes.listComments(pull()));

    expect(listed.filter(({ body }) => body.startsWith('comment '))).toHaveLength(120);
    expect(listed.find(({ body }) => body === 'comment 0')).not.toHaveProperty('appId');
    expect(countRequests(room, from, 'GET', /\/comments$/)).toBe(2);
  });

  it('are not half listed when a page fails', async () => {
    room.double.faults.add({ match: { method: 'GET', path: /\/comments$/ }, kind: '502', times: 1 });

    const answer = await writes.listComments(pull());

    expect(answer).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
  });

  it('that are too long, or not there, are rejected', async () => {
    const long = await writes.createComment(pull(), 'x'.repeat(65_537));
    const missing = await writes.updateComment(room.place, '999999', 'x');

    expect(long).toMatchObject({ failure: { kind: 'rejected', status: 422 } });
    expect(missing).toMatchObject({ failure: { kind: 'rejected', status: 404 } });
  });
});

describe('checks', () => {
  it('are created, found by name and App with their run, and concluded', async () => {
    const { id } = valueOf(await writes.createCheck(room.place, fields()));
    const done = fields({
      status: 'completed',
      conclusion: 'success',
      title: 'Done',
      summary: 'ok',
      text: 'more',
    });
    valueOf(await writes.updateCheck(room.place, id, done));
    const listed = valueOf(
      await writes.listChecks(room.place, { headSha: room.pull.headSha, name: 'perf-ci' }),
    );

    expect(listed).toEqual([{ id, name: 'perf-ci', externalId: 'run-1', appId: String(room.double.app.id) }]);
    expect(room.double.checkRuns('acme/ranking')).toMatchObject([
      { status: 'completed', conclusion: 'success', title: 'Done', summary: 'ok', text: 'more' },
    ]);
  });

  it('of one name are all listed, not only the newest', async () => {
    valueOf(await writes.createCheck(room.place, fields({ externalId: 'run-2', name: 'twice' })));
    valueOf(await writes.createCheck(room.place, fields({ externalId: 'run-3', name: 'twice' })));

    const listed = valueOf(
      await writes.listChecks(room.place, { headSha: room.pull.headSha, name: 'twice' }),
    );

    expect(new Set(listed.map(({ externalId }) => externalId))).toEqual(new Set(['run-2', 'run-3']));
  });

  it('on a commit that is not there are rejected', async () => {
    const answer = await writes.createCheck(room.place, fields({ headSha: '1'.repeat(40) }));

    expect(answer).toMatchObject({ failure: { kind: 'rejected', status: 422 } });
  });
});
