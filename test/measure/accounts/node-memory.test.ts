import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { inspectNode } from '../../../src/measure/accounts/node-memory.ts';
import { chooseInspectorPorts, withInspectorPort } from '../../../src/measure/accounts/node-options.ts';
import { catches, isNodeService, loopbackPortsOf } from '../../../src/measure/accounts/node-process.ts';
import { InspectedServices } from './inspected-services.ts';

const services = new InspectedServices();
beforeAll(() => services.prepare());
afterEach(() => services.stopAll());
afterAll(() => services.remove());

describe('a Node service asked through its inspector', () => {
  it.each(['esm.mjs', 'cjs.cjs'])(
    'tells its memory after GC and its loop delay, written as %s',
    async (file) => {
      const pid = await services.start([join(services.folder, file)]);
      const { inspector, notes } = await inspectNode({ pid, inspectorPort: services.inspectorPort });
      expect(notes).toEqual([]);
      if (inspector === undefined) throw new Error('no inspector');

      const before = await inspector.memoryAfterGc();
      await services.ask('/waste');
      await services.ask('/keep');
      await services.ask('/keep');
      const grown = (await inspector.memoryAfterGc()) - before;
      await inspector.startLoopDelay();
      await new Promise((resolve) => setTimeout(resolve, 60));
      const delayMs = await inspector.loopDelayP99Ms();
      await inspector.close();

      // What is kept counts once, though it is both external and an array buffer; what is wasted does not count.
      expect(grown).toBeGreaterThan(9.9e6);
      expect(grown).toBeLessThan(12e6);
      expect(delayMs).toBeGreaterThan(0);
      expect(loopbackPortsOf(pid)).toContain(services.port);
      expect(await services.ask('/')).toBe('ok');
    },
  );

  it('is not signalled when the signal would end it', async () => {
    const pid = await services.start(['--disable-sigusr1', join(services.folder, 'cjs.cjs')]);
    expect(catches(pid, 'SIGUSR1')).toBe(false);

    expect(await inspectNode({ pid, inspectorPort: services.inspectorPort })).toEqual({
      notes: [expect.any(String) as string],
    });
    expect(await services.ask('/')).toBe('ok');
  });

  it('is left alone when it is no Node, or no inspector was arranged for', async () => {
    const pid = await services.start(['-c', 'echo up; sleep 20; true'], 'up', 'sh');
    expect(isNodeService(pid)).toBe(false);
    expect(await inspectNode({ pid, inspectorPort: services.inspectorPort })).toEqual({ notes: [] });
    expect(await inspectNode({ pid: process.pid, inspectorPort: undefined })).toEqual({ notes: [] });
    process.kill(pid, 0);
  });
});

describe('the option for the inspector’s port', () => {
  it('never has a fixed port of the services in its range', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { base, head } = await chooseInspectorPorts(25_000);
      const inRange = [base, head].some((port) => port <= 25_001 && port + 256 > 24_999);
      expect(inRange).toBe(false);
    }
  });

  it('is appended to the project’s own, in the same length for both sides', async () => {
    const ports = await chooseInspectorPorts();
    const [base, head] = [ports.base, ports.head].map((each) =>
      withInspectorPort({ NODE_OPTIONS: '--no-warnings' }, each),
    );

    expect(base?.['NODE_OPTIONS']).toBe(`--no-warnings --inspect-port=127.0.0.1:${ports.base}`);
    expect(base?.['NODE_OPTIONS']?.length).toBe(head?.['NODE_OPTIONS']?.length);
    expect(Math.abs(ports.base - ports.head)).toBeGreaterThanOrEqual(256);
    expect(withInspectorPort({ A: '1' }, 20_000)).toEqual({
      A: '1',
      NODE_OPTIONS: '--inspect-port=127.0.0.1:20000',
    });
  });
});
