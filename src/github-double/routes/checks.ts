import { checkRunsOf, createCheckRun, updateCheckRun } from '../actions/check-runs.ts';
import { resolveCommit } from '../git/history.ts';
import { listAnswer } from '../http/list.ts';
import { HttpProblem, notFound } from '../http/problem.ts';
import { type Answer, type Call, type Route, created, numberParam, ok } from '../http/route.ts';
import { botLogin } from '../state/lookup.ts';
import type { CheckRunRecord } from '../state/records.ts';
import { annotationView, checkRunView } from '../views/check.ts';
import { emitCheckRun } from '../webhooks/pull-events.ts';

const read: Route['need'] = { as: 'token', permissions: ['checks:read'] };
const write: Route['need'] = { as: 'token', permissions: ['checks:write'], peopleNeed: 'never' };

function checkParam(call: Call): CheckRunRecord {
  const check = call.world.checkRuns.get(numberParam(call, 'check_run_id'));
  if (check === undefined || check.repositoryId !== call.repository.id) throw notFound();
  return check;
}

/** Newest run of each name; GitHub's `filter=latest`, which is what a list without a filter shows. */
function latestOfEachName(checks: CheckRunRecord[]): CheckRunRecord[] {
  return checks.filter((check, at) => checks.findIndex((other) => other.name === check.name) === at);
}

async function listForRef(call: Call): Promise<Answer> {
  const { world, repository, query } = call;
  const ref = call.params['ref'] ?? '';
  const sha = await resolveCommit(repository.path, ref);
  if (sha === undefined) throw new HttpProblem(422, `No commit found for SHA: ${ref}`);
  const isOurApp = query['app_id'] === undefined || query['app_id'] === String(world.app.id);
  const all = checkRunsOf(world, repository, sha).filter((check) => check.createdAtMs <= call.visibleUntilMs);
  const shown = (query['filter'] === 'all' ? all : latestOfEachName(all)).filter(
    (check) =>
      isOurApp &&
      (query['check_name'] === undefined || check.name === query['check_name']) &&
      (query['status'] === undefined || check.status === query['status']),
  );
  return listAnswer(
    call,
    shown,
    (check) => checkRunView(world, repository, check),
    (check_runs, total_count) => ({ total_count, check_runs }),
  );
}

const ONE = '/repos/{owner}/{repo}/check-runs/{check_run_id}';

/** Check runs of the app. */
export const checkRoutes: Route[] = [
  {
    operation: 'POST /repos/{owner}/{repo}/check-runs',
    need: write,
    async answer(call) {
      const check = await createCheckRun(call.world, call.repository, call.body);
      return created(checkRunView(call.world, call.repository, check));
    },
  },
  {
    operation: `GET ${ONE}`,
    need: read,
    answer: (call) => ok(checkRunView(call.world, call.repository, checkParam(call))),
  },
  {
    operation: `PATCH ${ONE}`,
    need: write,
    answer(call) {
      const check = checkParam(call);
      updateCheckRun(call.world, call.repository, check, call.body);
      return ok(checkRunView(call.world, call.repository, check));
    },
  },
  {
    operation: `GET ${ONE}/annotations`,
    need: read,
    answer(call) {
      const check = checkParam(call);
      const view = (one: CheckRunRecord['annotations'][number]): unknown =>
        annotationView(call.world, call.repository, check, one);
      return listAnswer(call, check.annotations, view);
    },
  },
  {
    operation: `POST ${ONE}/rerequest`,
    need: write,
    answer(call) {
      const check = checkParam(call);
      const senderLogin = botLogin(call.world);
      emitCheckRun(call.world, call.repository, check, { action: 'rerequested', senderLogin });
      return created({});
    },
  },
  { operation: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs', need: read, answer: listForRef },
];
