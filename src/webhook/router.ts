import type { IncomingMessage } from 'node:http';
import { Router } from 'express';
import { type Answer, problemAnswer, sendAnswer } from './answer.ts';
import type { WebhookDelivery, WebhookOptions } from './delivery.ts';
import { type DeliveryHeaders, readHeaders } from './headers.ts';
import { deliveryKeeper } from './keep.ts';
import { readEvent } from './payload.ts';
import { PROBLEMS, type Problem } from './problem.ts';
import { type BodyRead, readBody } from './read-body.ts';
import { isSignedBy, requireSecrets } from './signature.ts';
import { Slots } from './slots.ts';

/** 25 MiB, a little more than the largest payload GitHub sends. */
export const MAX_BODY_BYTES = 26_214_400;
/** Usual payloads are below; see `BodyLimits.largeBytes`. */
const LARGE_BODY_BYTES = 65_536;

/**
 * The door for GitHub's deliveries, to be mounted at `/webhooks/github`. Answers 202 only after `store` has
 * resolved, and does nothing else: no queue, no call to GitHub. What `store` rejects with becomes 503, so that
 * GitHub shows the delivery as failed and it can be redelivered.
 *
 * @throws PerfCiError `webhook-secret-missing` when there is no usable secret.
 */
export function webhookRouter(options: WebhookOptions): Router {
  requireSecrets(options.secrets);
  const receive = receiver(options);

  const router = Router();
  router.post('/', async (request, response) => {
    const answer = await receive(request);
    if (answer !== 'gone') sendAnswer(request, response, answer);
  });
  router.all('/', (request, response) => {
    sendAnswer(request, response, problemAnswer(PROBLEMS.method));
  });
  return router;
}

function receiver(options: WebhookOptions): (request: IncomingMessage) => Promise<Answer | 'gone'> {
  const keep = deliveryKeeper(options);
  const bodyLimits = {
    maxBytes: MAX_BODY_BYTES,
    deadlineMs: options.bodyDeadlineMs ?? 10_000,
    largeBytes: LARGE_BODY_BYTES,
    largeSlots: new Slots({ max: options.maxInFlight ?? 16, maxWaiting: 0 }),
  };

  return async (request) => {
    const checked = readHeaders(request.headers);
    if (checked.state === 'refused') return refuse(checked.problem);

    const read = await readBody(request, bodyLimits);
    if (read.state === 'aborted') return 'gone';
    if (read.state !== 'ok') return refuse(BODY_PROBLEMS[read.state]);

    const judged = judge(checked.headers, read.body, options.secrets);
    if (judged.state === 'ok') return keep(judged.delivery, read.release);
    read.release();
    return refuse(judged.problem);
  };

  function refuse(problem: Problem): Answer {
    options.log.warn({ status: problem.status, code: problem.code }, 'delivery refused');
    return problemAnswer(problem);
  }
}

/** Signature first, then the body: nothing of an unsigned body is parsed. */
function judge(
  headers: DeliveryHeaders,
  body: Buffer,
  secrets: readonly string[],
): { state: 'ok'; delivery: WebhookDelivery } | { state: 'refused'; problem: Problem } {
  const { signature, deliveryId, event } = headers;
  if (!isSignedBy(body, signature, secrets)) return { state: 'refused', problem: PROBLEMS.signatureWrong };

  const narrowed = readEvent(event, body);
  if (narrowed.state === 'refused') return narrowed;

  const delivery: WebhookDelivery = { deliveryId, event, body };
  if (narrowed.action !== undefined) delivery.action = narrowed.action;
  if (narrowed.state === 'ignored') delivery.ignoredBecause = narrowed.reason;
  return { state: 'ok', delivery };
}

const BODY_PROBLEMS: Record<Exclude<BodyRead['state'], 'ok' | 'aborted'>, Problem> = {
  'too-large': PROBLEMS.tooLarge,
  'too-slow': PROBLEMS.tooSlow,
  busy: PROBLEMS.busy,
};
