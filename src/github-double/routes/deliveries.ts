import { pageOf } from '../http/list.ts';
import { notFound } from '../http/problem.ts';
import { type Answer, type Call, type Route, numberParam, ok } from '../http/route.ts';
import { iso } from '../views/time.ts';
import type { Deliveries, Delivery, DeliveryAttempt } from '../webhooks/deliveries.ts';

/** The part of the deliveries that these routes use. */
export type SentDeliveries = Pick<Deliveries, 'all' | 'redeliver'>;

interface Entry {
  delivery: Delivery;
  attempt: DeliveryAttempt;
}

function itemView({ delivery, attempt }: Entry): Record<string, unknown> {
  return {
    id: attempt.id,
    guid: delivery.guid,
    delivered_at: iso(attempt.deliveredAtMs),
    redelivery: attempt.isRedelivery,
    duration: Number((attempt.durationMs / 1000).toFixed(2)),
    status: attempt.status,
    status_code: attempt.statusCode,
    event: delivery.event,
    action: delivery.action ?? null,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId ?? null,
    throttled_at: null,
  };
}

function fullView(entry: Entry): Record<string, unknown> {
  const { attempt, delivery } = entry;
  const payload: unknown = JSON.parse(delivery.body);
  return {
    ...itemView(entry),
    url: '',
    request: { headers: attempt.requestHeaders, payload },
    response: { headers: attempt.responseHeaders, payload: attempt.responseBody },
  };
}

/** Every attempt made so far, newest first. */
function entries(deliveries: SentDeliveries): Entry[] {
  return deliveries.all
    .flatMap((delivery) => delivery.attempts.map((attempt) => ({ delivery, attempt })))
    .sort((one, other) => other.attempt.id - one.attempt.id);
}

function entryParam(call: Call, deliveries: SentDeliveries): Entry {
  const id = numberParam(call, 'delivery_id');
  const entry = entries(deliveries).find(({ attempt }) => attempt.id === id);
  if (entry === undefined) throw notFound();
  return entry;
}

/** This list alone turns its pages by cursor: the id of the next attempt to show. */
function listByCursor(call: Call, deliveries: SentDeliveries): Answer {
  const { perPage } = pageOf(call);
  const cursor = /^v1_([0-9]+)$/.exec(call.query['cursor'] ?? '')?.[1];
  const status = call.query['status'];
  const all = entries(deliveries)
    .filter(({ attempt }) => cursor === undefined || attempt.id <= Number(cursor))
    .filter(({ attempt }) => status === undefined || (attempt.status === 'OK') === (status === 'success'));
  const next = all[perPage]?.attempt.id;
  const query = new URLSearchParams({ ...call.query, cursor: `v1_${next}` });
  const link = `<${call.world.url}${call.canonicalPath}?${query.toString()}>; rel="next"`;
  const body = all.slice(0, perPage).map(itemView);
  return { status: 200, body, ...(next === undefined ? {} : { headers: { link } }) };
}

/** The app's own list of deliveries, and sending one again. */
export function deliveryRoutes(deliveries: SentDeliveries): Route[] {
  const one = '/app/hook/deliveries/{delivery_id}';
  return [
    {
      operation: 'GET /app/hook/deliveries',
      need: { as: 'app' },
      answer: (call) => listByCursor(call, deliveries),
    },
    {
      operation: `GET ${one}`,
      need: { as: 'app' },
      answer: (call) => ok(fullView(entryParam(call, deliveries))),
    },
    {
      operation: `POST ${one}/attempts`,
      need: { as: 'app' },
      answer(call) {
        deliveries.redeliver(entryParam(call, deliveries).delivery.guid);
        return { status: 202, body: {} };
      },
    },
  ];
}
