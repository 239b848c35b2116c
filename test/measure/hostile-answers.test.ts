import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';

import { ServiceClient } from '../../src/measure/load/http-client.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close').catch(() => undefined);
  }
});

/** A server that answers every connection with `answer`, whatever it was asked. */
async function clientOf(answer: (socket: Socket) => void): Promise<ServiceClient> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new ServiceClient((server.address() as AddressInfo).port, 500);
}

it.each<[string, (socket: Socket) => void, RegExp]>([
  [
    'switches protocols',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    /status 101/,
  ],
  ['speaks no HTTP', (socket) => socket.end('hello'), /Parse Error|HPE|Expected/],
  [
    'drips bytes for ever',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip));
    },
    /no answer within 500 ms/,
  ],
  ['says nothing', () => undefined, /no answer within 500 ms/],
  [
    'cuts its answer off',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort'),
    /aborted|cut off|hang up/,
  ],
  ['hangs up', (socket) => socket.destroy(), /hang up|ECONNRESET/],
])('a service that %s gives an error in time and not a hang', async (_what, answer, message) => {
  const client = await clientOf(answer);

  await expect(client.send({ method: 'GET', path: '/', headers: {} })).rejects.toThrow(message);

  client.close();
});
