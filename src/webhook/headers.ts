import type { IncomingHttpHeaders } from 'node:http';
import { contentTypeProblem, headerProblem, PROBLEMS, type Problem } from './problem.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EVENT = /^[a-z_]{1,64}$/;

export interface DeliveryHeaders {
  signature: string;
  /** UUID, lower case. */
  deliveryId: string;
  event: string;
}

/**
 * What can be said of a delivery before a byte of its body is read. The signature comes first, so that a
 * stranger learns nothing else about this address.
 */
export function readHeaders(
  headers: IncomingHttpHeaders,
): { state: 'ok'; headers: DeliveryHeaders } | { state: 'refused'; problem: Problem } {
  const signature = one(headers['x-hub-signature-256']);
  if (signature === undefined) {
    const old = headers['x-hub-signature'] !== undefined;
    return refused(old ? PROBLEMS.signatureOld : PROBLEMS.signatureMissing);
  }

  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') return refused(PROBLEMS.compressed);

  const contentType = headers['content-type'];
  if (!isJsonInUtf8(contentType)) return refused(contentTypeProblem(contentType));

  const deliveryId = one(headers['x-github-delivery']);
  if (deliveryId === undefined || !UUID.test(deliveryId)) {
    return refused(headerProblem('delivery-id', 'X-GitHub-Delivery must be a UUID', deliveryId));
  }

  const event = one(headers['x-github-event']);
  if (event === undefined || !EVENT.test(event)) {
    return refused(headerProblem('event-name', 'X-GitHub-Event must name an event', event));
  }

  return { state: 'ok', headers: { signature, deliveryId: deliveryId.toLowerCase(), event } };
}

function refused(problem: Problem): { state: 'refused'; problem: Problem } {
  return { state: 'refused', problem };
}

/** Node joins repeated headers with ', '; what is still a list is treated the same way. */
function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

function isJsonInUtf8(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  return type === 'application/json' && parameters.every((parameter) => !isOtherCharset(parameter));
}

function isOtherCharset(parameter: string): boolean {
  return parameter.startsWith('charset=') && !['charset=utf-8', 'charset="utf-8"'].includes(parameter);
}
