import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { inspectNode } from '../../src/measure/accounts/node-memory.ts';
import { InspectedServices } from '../measure/accounts/inspected-services.ts';

const CLUSTER = fileURLToPath(new URL('../fixtures/services/cluster.mjs', import.meta.url));

const services = new InspectedServices();
beforeAll(() => services.prepare());
afterEach(() => services.stopAll());
afterAll(() => services.remove());

describe('a Node service asked through its inspector', () => {
  it('is summed over the processes of a cluster', async () => {
    const pid = await services.start([CLUSTER], 'workers listening: 2');
    const { inspector, notes } = await inspectNode({ pid, inspectorPort: services.inspectorPort });
    expect(notes).toEqual([]);

    expect(await inspector?.memoryAfterGc()).toBeGreaterThan(3 * 3e6);
    await inspector?.close();
    expect(await services.ask('/healthz')).toBe('2463534242');
  });

  it('is summed one after the other where a child was given its parent’s port', async () => {
    const pid = await services.start([join(services.folder, 'parent.cjs')]);
    const { inspector, notes } = await inspectNode({ pid, inspectorPort: services.inspectorPort });
    expect(notes).toEqual([]);

    expect(await inspector?.memoryAfterGc()).toBeGreaterThan(2 * 3e6);
    await inspector?.close();
    expect(await services.ask('/')).toBe('ok');
  });

  it('refuses with a note when it has a handler of its own, and lives on', async () => {
    const handler = `process.on('SIGUSR1', () => {}); require(${JSON.stringify(join(services.folder, 'cjs.cjs'))});`;
    const pid = await services.start(['-e', handler]);

    const { inspector, notes } = await inspectNode({ pid, inspectorPort: services.inspectorPort });

    expect(inspector).toBeUndefined();
    expect(notes).toEqual([expect.stringMatching(/the service did not open the inspector/)]);
    expect(await services.ask('/')).toBe('ok');
  });
});
