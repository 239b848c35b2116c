import { PerfCiError } from '../domain/errors.ts';
import { applyDecision, applyInstallation, noteRepository } from './apply.ts';
import { type Circumstances, decide, type DecidePorts } from './decide.ts';
import { type Ignore, ignore, type Later } from './decision.ts';
import { isOfRepository, type RepositoryEvent } from '../domain/github-event.ts';
import { planInstallation } from './plan.ts';
import type { Delivery, DeliveryEnd, Queryable, ReadEvent, ShowPorts } from './ports.ts';

export interface ProcessPorts extends DecidePorts {
  show: ShowPorts;
  readEvent: ReadEvent;
}

/**
 * Turns one delivery into runs and into what GitHub should show, all in `tx`, the transaction that took it. The
 * caller notes the end in the same transaction, so a delivery has all of its effects or none.
 *
 * @throws whatever a read of GitHub or the database threw, and PerfCiError `github-behind` when GitHub does not
 *   yet know what it told us: roll back and try again later
 */
export async function processDelivery(
  tx: Queryable,
  delivery: Delivery,
  ports: ProcessPorts,
): Promise<DeliveryEnd> {
  const { store } = ports;
  const read = ports.readEvent(delivery.event, delivery.body);
  if (read.state === 'ignored') return { state: 'ignored', reason: read.reason };
  if (read.state === 'refused') return { state: 'dead', reason: read.problem.message };
  if (await store.sameBodyDone(tx, delivery.deliveryId)) {
    return { state: 'ignored', reason: 'repeats a delivery that was handled' };
  }

  const { event } = read;
  const installation = await store.installationState(tx, event.installationId);
  if (isOfRepository(event)) {
    return processOfRepository(tx, event, { attempts: delivery.attempts, installation }, ports);
  }
  const decision = planInstallation(event, installation);
  if (decision.kind === 'ignore') return endOf(decision);
  return { state: 'done', reason: await applyInstallation(tx, decision, ports) };
}

async function processOfRepository(
  tx: Queryable,
  event: RepositoryEvent,
  circumstances: Circumstances,
  ports: ProcessPorts,
): Promise<DeliveryEnd> {
  if (circumstances.installation === 'removed') return endOf(ignore('the installation was removed'));

  const decision = await decide(tx, event, circumstances, ports);
  if (decision.kind === 'ignore' || decision.kind === 'later') {
    if (circumstances.installation === undefined) {
      ports.log.warn({ installationId: event.installationId }, 'event of an unknown installation ignored');
    }
    return endOf(decision);
  }
  await noteRepository(tx, event, ports.store);
  return { state: 'done', reason: await applyDecision(tx, event, decision, ports) };
}

function endOf(decision: Ignore | Later): DeliveryEnd {
  if (decision.kind === 'later') throw new PerfCiError('github-behind', decision.reason, { retryable: true });
  return { state: 'ignored', reason: decision.reason };
}
