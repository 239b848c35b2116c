import { expect, it, vi } from 'vitest';

import type { RequestSpec } from '../../src/domain/benchmark.ts';
import type { Side } from '../../src/domain/trial.ts';
import type { NodeInspector } from '../../src/measure/accounts/node-memory.ts';
import { SideInUse } from '../../src/measure/load/exchange.ts';
import { encodeHttp } from '../../src/measure/load/wire.ts';
import { noFindings, type PairFindings } from '../../src/measure/phases/findings.ts';
import { measureMemory } from '../../src/measure/phases/node.ts';
import type { ServiceProcess } from '../../src/measure/service-process.ts';
import { createRandom } from '../../src/stats/random.ts';
import { tinyScenario } from './helpers.ts';

const DECK: RequestSpec[] = [{ method: 'GET', path: '/', headers: {} }];
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is found of two services that answer after `latencyMs` and keep 100 bytes of each request. */
async function memoryOf(latencyMs: number): Promise<PairFindings> {
  const keeping = (side: Side): { side: SideInUse; inspector: NodeInspector } => {
    let kept = 1000;
    const send = async () => {
      await wait(latencyMs);
      kept += 100;
      return { status: 200, contentType: '', headers: {}, body: Buffer.alloc(0), bytes: 0, latencyMs };
    };
    const inUse = new SideInUse({ side, port: 1 } as ServiceProcess, {
      requests: DECK,
      warmUpRequests: DECK,
      isPlainHttp1: true,
      encode: encodeHttp,
      connect: () => ({ send, close: () => undefined }),
    });
    const memoryAfterGc = (): Promise<number> => Promise.resolve(kept);
    const inspector = { memoryAfterGc, close: () => Promise.resolve() } as unknown as NodeInspector;
    return { side: inUse, inspector };
  };
  const [base, head] = [keeping('base'), keeping('head')];
  const findings = noFindings();
  const measured = measureMemory(
    { base: base.side, head: head.side },
    { base: base.inspector, head: head.inspector },
    DECK,
    tinyScenario().load,
    createRandom(1),
    findings,
  );
  await vi.advanceTimersByTimeAsync(10_000);
  await measured;
  return findings;
}

it('growth is taken over 20 requests at least, and left out where they take too long', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  try {
    const slow = await memoryOf(40);
    expect(slow.base.figures).toEqual({ memory_after_gc: 1000, memory_growth: 100 });
    expect(slow.head).toMatchObject({ figures: { memory_growth: 100 }, notes: [] });

    const slower = await memoryOf(100);
    expect(slower.head.figures).toEqual({ memory_after_gc: 1000 });
    expect(slower.head.notes).toEqual([
      'growth per request is missing: expected 20 requests within 2 s, found 10',
    ]);
  } finally {
    vi.useRealTimers();
  }
});
