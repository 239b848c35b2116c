import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';

import type { ServiceSpec } from '../../src/domain/benchmark.ts';
import { stopAllRunning } from '../../src/measure/running.ts';
import { ServiceProcess } from '../../src/measure/service-process.ts';
import { choosePorts } from '../../src/measure/slots.ts';
import { TrialError } from '../../src/measure/trial-error.ts';

const folder = mkdtempSync(`${tmpdir()}/perf-ci-service-`);
afterAll(() => rmSync(folder, { recursive: true }));

async function start(script: string, changes: Partial<ServiceSpec> = {}): Promise<ServiceProcess> {
  const { base: port } = await choosePorts('auto', 'base');
  return new ServiceProcess({
    side: 'base',
    service: {
      directory: '',
      build: [],
      buildTimeoutMs: 1000,
      start: ['node', '-e', script],
      port: 'auto',
      readyPath: '/healthz',
      readyTimeoutMs: 5000,
      env: {},
      hugePages: false,
      ...changes,
    },
    tree: folder,
    port,
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port) },
    cpus: undefined,
    inspectorPort: 23_456,
    watch: ['answers: '],
  });
}

/** Takes connections and never answers. */
const MUTE = `
console.log('answers: 1');
console.error('answers: 2\\nNODE_OPTIONS ' + process.env.NODE_OPTIONS);
require('node:net').createServer(() => {}).listen(Number(process.env.PORT), '127.0.0.1');`;

describe('a service that is ready by its port', () => {
  it('is ready when it accepts a connection, whatever it answers', async () => {
    const service = await start(MUTE, { readyBy: 'tcp' });
    expect(await service.waitUntilReady()).toBeGreaterThan(0);

    expect(service.printed('answers: ')).toBe(2);
    expect(service.outputTail).toContain('NODE_OPTIONS --inspect-port=127.0.0.1:23456');
    const order: string[] = [];
    service.afterStop(() => {
      order.push(service.end ?? 'still running');
      return Promise.resolve();
    });
    await stopAllRunning();
    expect(order).toEqual(['was ended by SIGTERM']);
    await service.stop();
    expect(order).toHaveLength(1);
  });

  it('is not ready while nothing listens, and the failure says what was waited for', async () => {
    const service = await start('setInterval(() => {}, 1000)', { readyBy: 'tcp', readyTimeoutMs: 300 });
    const failure = await service.waitUntilReady().catch((error: unknown) => error);
    await service.stop();

    expect(failure).toBeInstanceOf(TrialError);
    expect((failure as TrialError).failures.base).toMatchObject({
      kind: 'not-ready',
      message:
        'expected a connection to its port within 300 ms of the start, found: nothing listened on its port',
    });
  });

  it('fails at once when it ends before', async () => {
    const service = await start('process.exit(3)', { readyBy: 'tcp' });
    const failure = await service.waitUntilReady().catch((error: unknown) => error);
    await service.stop();

    expect((failure as TrialError).failures.base).toMatchObject({
      kind: 'exited',
      message: 'the service exited with code 3 before its port accepted a connection',
    });
  });
});
