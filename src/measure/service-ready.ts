import { connect } from 'node:net';

import type { ServiceSpec } from '../domain/benchmark.ts';
import { ServiceClient } from './load/http-client.ts';

const POLL_MS = 4;
const ATTEMPT_MS = 2000;

/** Whether the port accepts a connection. @throws Error of the socket, or when nothing happens in time */
function accepts(port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const deadline = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(deadline);
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(deadline);
      socket.destroy();
      resolve();
    });
  });
}

/**
 * Asks until a service is ready: the first 2xx answer on its ready path, or its port accepting a connection.
 * @param giveUp asked before each attempt; what it throws ends the waiting
 */
export async function untilReady(
  service: Pick<ServiceSpec, 'readyPath' | 'readyBy' | 'readyTimeoutMs'>,
  port: number,
  giveUp: (lastFound: string) => void,
): Promise<void> {
  const attemptMs = Math.min(ATTEMPT_MS, service.readyTimeoutMs);
  const client = new ServiceClient(port, attemptMs);
  let last = 'nothing listened on its port';
  try {
    for (;;) {
      giveUp(last);
      try {
        if (service.readyBy === 'tcp') {
          await accepts(port, attemptMs);
          return;
        }
        const { status } = await client.send({ method: 'GET', path: service.readyPath, headers: {} });
        if (status >= 200 && status < 300) return;
        last = `status ${status}`;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== 'ECONNREFUSED') last = message;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    client.close();
  }
}
