import { Agent } from 'node:http';
import type { World, WorldEvent } from '../state/world.ts';
import { type Attempt, type WebhookTarget, sendDelivery } from './send.ts';

/** Deliveries remembered, each with its body of some 20 kB; the oldest are forgotten. */
const DELIVERY_LIMIT = 5_000;

/** One attempt to deliver, with the numeric id that GitHub's API knows it by. */
export interface DeliveryAttempt extends Attempt {
  id: number;
  isRedelivery: boolean;
  deliveredAtMs: number;
}

export interface Delivery {
  guid: string;
  event: string;
  action: string | undefined;
  installationId: number;
  repositoryId: number | undefined;
  body: string;
  attempts: DeliveryAttempt[];
}

export interface DeliverySummary {
  /** The `X-GitHub-Delivery` id. */
  id: string;
  event: string;
  action: string | undefined;
  /** Answer to the last attempt; 0 when none came, undefined before the first attempt has ended. */
  status: number | undefined;
  attempts: number;
  requestBody: string;
}

export interface ReleaseOptions {
  /** `shuffled` by the seed, `reversed`, or `dropped`: never sent. In order when left out. */
  order?: 'shuffled' | 'reversed' | 'dropped';
  /** Each delivery is sent this often with one id; 1 when left out. */
  copies?: number;
}

export interface Deliveries {
  target: (target: WebhookTarget) => void;
  emit: (event: WorldEvent) => void;
  /** Sends a known delivery again under the same id; false when there is none of that id. */
  redeliver: (guid: string) => boolean;
  hold: () => void;
  release: (options?: ReleaseOptions) => void;
  settled: () => Promise<void>;
  readonly all: Delivery[];
  stop: () => Promise<void>;
}

/** Where the line of deliveries stands. */
interface Line {
  target: WebhookTarget | undefined;
  waiting: Waiting[];
  isHeld: boolean;
  isStopped: boolean;
  running: Promise<void> | undefined;
}

interface Waiting {
  delivery: Delivery;
  isRedelivery: boolean;
}

function arrange(waiting: Waiting[], options: ReleaseOptions, random: () => number): Waiting[] {
  if (options.order === 'dropped') return [];
  const copies = waiting.flatMap((item) => Array.from({ length: options.copies ?? 1 }, () => item));
  if (options.order === 'reversed') return copies.toReversed();
  if (options.order !== 'shuffled') return copies;
  for (let at = copies.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const [one, two] = [copies[at], copies[other]];
    if (one !== undefined && two !== undefined) [copies[at], copies[other]] = [two, one];
  }
  return copies;
}

/**
 * The app's webhook: one delivery after the other in the order of the events, never retried by itself, as on GitHub.
 * Without a target nothing is made or kept.
 */
export function createDeliveries(world: World, options: { timeoutMs: number }): Deliveries {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const all: Delivery[] = [];
  const hookId = world.ids.next('hook');
  const line: Line = { target: undefined, waiting: [], isHeld: false, isStopped: false, running: undefined };

  const deliver = async ({ delivery, isRedelivery }: Waiting, to: WebhookTarget): Promise<void> => {
    const { guid, event, body } = delivery;
    const envelope = { guid, event, body, hookId, appId: world.app.id };
    const deliveredAtMs = Date.now();
    const attempt = await sendDelivery(to, envelope, { agent, timeoutMs: options.timeoutMs });
    delivery.attempts.push({ ...attempt, id: world.ids.next('delivery'), isRedelivery, deliveredAtMs });
  };
  const drain = async (): Promise<void> => {
    while (!line.isHeld && !line.isStopped && line.target !== undefined) {
      const next = line.waiting.shift();
      if (next === undefined) return;
      await deliver(next, line.target);
    }
  };
  const wake = (): void => {
    line.running ??= drain().finally(() => {
      line.running = undefined;
      // Something may have come between the last look at the line and this moment.
      if (line.waiting.length > 0 && !line.isHeld && !line.isStopped) wake();
    });
  };
  const enqueue = (item: Waiting): void => {
    line.waiting.push(item);
    wake();
  };

  return {
    target: (next) => void (line.target = next),
    emit(event) {
      if (line.target === undefined || line.isStopped) return;
      const delivery: Delivery = {
        guid: world.ids.uuid(),
        event: event.name,
        action: event.action,
        installationId: event.installationId,
        repositoryId: event.repositoryId,
        body: JSON.stringify(event.payload),
        attempts: [],
      };
      all.push(delivery);
      if (all.length > DELIVERY_LIMIT) all.shift();
      enqueue({ delivery, isRedelivery: false });
    },
    redeliver(guid) {
      const delivery = all.find((candidate) => candidate.guid === guid);
      if (delivery !== undefined) enqueue({ delivery, isRedelivery: true });
      return delivery !== undefined;
    },
    hold: () => void (line.isHeld = true),
    release(how = {}) {
      line.waiting = arrange(line.waiting, how, world.ids.random('order of deliveries'));
      line.isHeld = false;
      wake();
    },
    async settled() {
      while (line.running !== undefined) await line.running;
    },
    all,
    async stop() {
      line.isStopped = true;
      agent.destroy();
      await line.running;
    },
  };
}

export function summarise(delivery: Delivery): DeliverySummary {
  return {
    id: delivery.guid,
    event: delivery.event,
    action: delivery.action,
    status: delivery.attempts.at(-1)?.statusCode,
    attempts: delivery.attempts.length,
    requestBody: delivery.body,
  };
}
