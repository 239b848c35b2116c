import type { IncomingMessage } from 'node:http';
import type { Slots } from './slots.ts';

export interface BodyLimits {
  maxBytes: number;
  /** From the end of the headers to the last byte. */
  deadlineMs: number;
  /** A body beyond this many bytes needs one of `largeSlots`; smaller ones are bounded by the connections. */
  largeBytes: number;
  largeSlots: Slots;
}

export type BodyRead =
  /** `release` gives the memory of a large body back to the budget; call it once. */
  | { state: 'ok'; body: Buffer; release: () => void }
  | { state: 'too-large' | 'too-slow' | 'busy' | 'aborted' };

/**
 * Reads the raw body within `limits`. Written out because the ready-made reader swallows an oversized body to
 * its end before it says so, which lets an endless chunked body hold its place for as long as it likes.
 * A slot is taken only once a body is large: many slow small senders must not keep honest ones out.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyRead> {
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes) {
    return Promise.resolve({ state: 'too-large' });
  }

  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let large = false;
    const timer = setTimeout(() => stop('too-slow'), limits.deadlineMs);

    const release = (): void => {
      if (large) limits.largeSlots.release();
      large = false;
    };
    const detach = (): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', finish).off('close', abort).off('error', abort);
      // A broken connection may still say so later; nobody else listens.
      request.on('error', () => undefined);
    };
    const stop = (state: 'too-large' | 'too-slow' | 'busy' | 'aborted'): void => {
      detach();
      release();
      resolve({ state });
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limits.maxBytes) return stop('too-large');
      if (bytes > limits.largeBytes && !large) {
        large = limits.largeSlots.tryTake();
        if (!large) return stop('busy');
      }
      chunks.push(chunk);
    };
    const finish = (): void => {
      detach();
      resolve({ state: 'ok', body: Buffer.concat(chunks, bytes), release });
    };
    const abort = (): void => stop('aborted');

    request.on('data', take).once('end', finish).once('close', abort).once('error', abort);
  });
}
