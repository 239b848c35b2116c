import type { RequestSpec, Scenario } from '../../../src/domain/benchmark.ts';
import type { Pair, Trial } from '../../../src/domain/trial.ts';
import { measurePair } from '../../../src/measure/pair.ts';
import { Slots } from '../../../src/measure/slots.ts';
import { tinyConfig, tinyScenario } from '../helpers.ts';
import { fixtureSlots } from './helpers.ts';

/** A request, GET unless `changes` say otherwise. */
export const get = (path: string, changes: Partial<RequestSpec> = {}): RequestSpec => ({
  method: 'GET',
  path,
  headers: {},
  ...changes,
});

/** One brief pair of a service of the fixtures, each side with an environment of its own. */
export async function pairOf(
  service: string,
  scenario: Partial<Scenario>,
  load: Partial<Scenario['load']> = {},
  env: Parameters<typeof fixtureSlots>[1] = {},
): Promise<Pair> {
  const slots = await fixtureSlots(service, env);
  const config = tinyConfig();
  const whole = tinyScenario(scenario);
  try {
    return await measurePair(
      {
        config: { ...config, service: { ...config.service, readyBy: 'tcp', readyTimeoutMs: 5000 } },
        slots: new Slots(slots.folder, ''),
        pinning: undefined,
        path: process.env['PATH'] ?? '',
      },
      { ...whole, load: { ...whole.load, memoryAfterGc: false, ...load } },
      { scenario: 'tiny', pairNo: 1, stage: 'explore', seed: 11 },
    );
  } finally {
    await slots.remove();
  }
}

/** The trials of both sides. @throws Error when one failed */
export function trialsOf(pair: Pair): Trial[] {
  if (pair.base.state !== 'ok' || pair.head.state !== 'ok') throw new Error(JSON.stringify(pair));
  return [pair.base.trial, pair.head.trial];
}

/** How the head failed. @throws Error when it did not */
export function failureOf(pair: Pair): string {
  if (pair.head.state !== 'failed') throw new Error('expected a failed head');
  return `${pair.head.failure.kind}: ${pair.head.failure.message}`;
}
