import { checkRunsOf } from '../actions/check-runs.ts';
import { commentsOf } from '../actions/comments.ts';
import { removeInstallation, setSuspended } from '../actions/installations.ts';
import type { GitHubDouble } from '../contract.ts';
import type { FaultRules } from '../http/faults.ts';
import type { RequestRecord } from '../http/request-log.ts';
import type { RunningServer } from '../http/server.ts';
import { DoubleUsageError, botLogin, requireRepository } from '../state/lookup.ts';
import type { InstallationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { type Deliveries, summarise } from '../webhooks/deliveries.ts';
import { peopleHandle } from './people.ts';
import { pullsHandle } from './pulls.ts';
import { repositoriesHandle } from './repositories.ts';

export interface HandleParts {
  world: World;
  deliveries: Deliveries;
  faults: FaultRules;
  requests: RequestRecord[];
  violations: string[];
  server: RunningServer;
}

function requireInstallation(world: World, id: number): InstallationRecord {
  const installation = world.installations.get(id);
  if (installation === undefined) throw new DoubleUsageError(`no installation ${id} in this double`);
  return installation;
}

/** The object through which tests and the demo drive a running double. */
export function createHandle(parts: HandleParts): GitHubDouble {
  const { world, deliveries, faults, requests, violations, server } = parts;
  const { id, slug, privateKeyPem } = world.app;
  return {
    url: server.url,
    app: { id, slug, privateKeyPem, botLogin: botLogin(world) },
    seed: world.seed,
    ...peopleHandle(world),
    ...repositoriesHandle(world),
    ...pullsHandle(world),
    suspendInstallation: (one) => setSuspended(world, requireInstallation(world, one), true),
    unsuspendInstallation: (one) => setSuspended(world, requireInstallation(world, one), false),
    removeInstallation: (one) => removeInstallation(world, requireInstallation(world, one)),
    expireTokens: () => world.tokens.forEach((token) => void (token.expiresAtMs = 0)),
    webhookTarget: (url, secret) => deliveries.target({ url: new URL(url).href, secret }),
    get deliveries() {
      return deliveries.all.map(summarise);
    },
    redeliver(guid) {
      if (!deliveries.redeliver(guid)) throw new DoubleUsageError(`no delivery ${guid} in this double`);
    },
    holdDeliveries: deliveries.hold,
    releaseDeliveries: deliveries.release,
    deliveriesSettled: deliveries.settled,
    faults,
    requests,
    violations,
    comments: (name, number) => commentsOf(world, requireRepository(world, name), number),
    checkRuns: (name, sha) => checkRunsOf(world, requireRepository(world, name), sha),
    async stop() {
      await deliveries.stop();
      await server.stop();
      // What still runs git finds its own end; afterwards nothing touches the folder any more.
      await world.exclusively(() => Promise.resolve());
    },
  };
}
