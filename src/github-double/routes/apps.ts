import { makeToken, repositoriesOf } from '../actions/installations.ts';
import { listAnswer } from '../http/list.ts';
import { notFound } from '../http/problem.ts';
import { type Answer, type Call, type Route, created, numberParam, ok } from '../http/route.ts';
import type { InstallationRecord } from '../state/records.ts';
import { appView, installationView } from '../views/app.ts';
import { repositoryView } from '../views/repository.ts';
import { iso } from '../views/time.ts';

function installationParam(call: Call): InstallationRecord {
  const installation = call.world.installations.get(numberParam(call, 'installation_id'));
  if (installation === undefined) throw notFound();
  return installation;
}

function createToken(call: Call): Answer {
  const { token, repositories } = makeToken(call.world, installationParam(call), call.body);
  return created({
    token: token.token,
    expires_at: iso(token.expiresAtMs),
    permissions: token.permissions,
    repository_selection: 'selected',
    ...(repositories === undefined
      ? {}
      : { repositories: repositories.map((repository) => repositoryView(call.world, repository)) }),
  });
}

function listReachable(call: Call): Answer {
  const { identity, world } = call;
  if (identity.kind !== 'installation') throw notFound();
  const { repositoryIds, installationId } = identity.token;
  const reachable = repositoriesOf(world, installationId).filter(
    (repository) => repositoryIds === undefined || repositoryIds.includes(repository.id),
  );
  return listAnswer(
    call,
    reachable,
    (repository) => repositoryView(world, repository),
    (repositories, total) => ({ total_count: total, repository_selection: 'selected', repositories }),
  );
}

function installationOfRepository(call: Call): Answer {
  const installation = call.world.installations.get(call.repository.installationId);
  if (installation === undefined) throw notFound();
  return ok(installationView(call.world, installation));
}

/** The app itself, its installations and their tokens. */
export const appRoutes: Route[] = [
  {
    operation: 'GET /app',
    need: { as: 'app' },
    answer: ({ world }) => ok({ ...appView(world), installations_count: world.installations.size }),
  },
  {
    operation: 'GET /app/installations',
    need: { as: 'app' },
    answer: (call) =>
      listAnswer(call, [...call.world.installations.values()], (one) => installationView(call.world, one)),
  },
  {
    operation: 'GET /app/installations/{installation_id}',
    need: { as: 'app' },
    answer: (call) => ok(installationView(call.world, installationParam(call))),
  },
  {
    operation: 'POST /app/installations/{installation_id}/access_tokens',
    need: { as: 'app' },
    answer: createToken,
  },
  {
    operation: 'GET /repos/{owner}/{repo}/installation',
    need: { as: 'app' },
    answer: installationOfRepository,
  },
  { operation: 'GET /installation/repositories', need: { as: 'installation' }, answer: listReachable },
];
