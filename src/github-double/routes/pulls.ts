import { measurePull } from '../actions/pull-refs.ts';
import { listChangesSinceFork } from '../git/changes.ts';
import { listCommits } from '../git/history.ts';
import { listAnswer } from '../http/list.ts';
import { type Answer, type Call, type Route, ok, pullParam } from '../http/route.ts';
import type { PullRecord } from '../state/records.ts';
import { commitView, fileView } from '../views/commit.ts';
import { fullPullView, pullView } from '../views/pull.ts';

const read: Route['need'] = { as: 'token', permissions: ['pull_requests:read'] };

function isWanted(call: Call, pull: PullRecord): boolean {
  const { state = 'open', head, base } = call.query;
  return (
    (state === 'all' || pull.state === state) &&
    (base === undefined || pull.baseRef === base) &&
    (head === undefined || `${pull.headOwnerLogin}:${pull.headRef}` === head) &&
    pull.createdAtMs <= call.visibleUntilMs
  );
}

function listPulls(call: Call): Answer {
  const { sort = 'created', direction = sort === 'created' ? 'desc' : 'asc' } = call.query;
  const key = (pull: PullRecord): number => (sort === 'updated' ? pull.updatedAtMs : pull.number);
  const sign = direction === 'asc' ? 1 : -1;
  const pulls = [...call.repository.pulls.values()]
    .filter((pull) => isWanted(call, pull))
    .sort((one, other) => sign * (key(one) - key(other) || one.number - other.number));
  return listAnswer(call, pulls, (pull) => pullView(call.world, call.repository, pull));
}

async function onePull(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const pull = pullParam(call, 'pull_number');
  return ok(fullPullView(world, repository, pull, await measurePull(repository, pull)));
}

async function pullFiles(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const pull = pullParam(call, 'pull_number');
  const files = (await listChangesSinceFork(repository.path, pull.baseSha, pull.headSha)) ?? [];
  return listAnswer(call, files, (file) => fileView(world, repository, pull.headSha, file));
}

async function pullCommits(call: Call): Promise<Answer> {
  const { world, repository } = call;
  const pull = pullParam(call, 'pull_number');
  const range = { include: pull.headSha, exclude: pull.baseSha };
  const commits = await listCommits(repository.path, range);
  return listAnswer(call, commits.toReversed(), (commit) => commitView(world, repository, commit));
}

/** Pull requests, read only: people open and close them through the double itself. */
export const pullRoutes: Route[] = [
  { operation: 'GET /repos/{owner}/{repo}/pulls', need: read, answer: listPulls },
  { operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}', need: read, answer: onePull },
  { operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files', need: read, answer: pullFiles },
  { operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits', need: read, answer: pullCommits },
];
