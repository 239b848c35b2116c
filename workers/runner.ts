/**
 * The runner: one measurement job. Takes a plan and pair requests as JSON lines on stdin, prints pairs as JSON
 * lines on stdout (src/measure/protocol.ts), exits when stdin ends. Holds no secret and knows no database.
 */
import { createInterface } from 'node:readline';

import { PerfCiError } from '../src/domain/errors.ts';
import { diagnoseScenario } from '../src/measure/diagnosis/diagnose.ts';
import { describeEnvironment } from '../src/measure/host/environment.ts';
import { measurePair, type PairContext } from '../src/measure/pair.ts';
import type { FromRunner, RunnerPlan, ToRunner } from '../src/measure/protocol.ts';
import { stopAllRunning } from '../src/measure/running.ts';
import { Slots } from '../src/measure/slots.ts';

let isEnding = false;

function say(message: FromRunner): void {
  // What a pair gives while its services are being ended is no measurement.
  if (isEnding) return;
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function prepare(plan: RunnerPlan): PairContext {
  const pinning = plan.pinning ?? undefined;
  say({
    type: 'ready',
    environment: describeEnvironment({ pinning, hugePages: plan.config.service.hugePages }),
  });
  return {
    config: plan.config,
    slots: new Slots(plan.slotsFolder, plan.directory),
    pinning,
    path: plan.path,
  };
}

// Also sent by the kernel when the parent dies: whatever the services started ends with them.
process.once('SIGTERM', () => {
  isEnding = true;
  void stopAllRunning().finally(() => process.exit(1));
});

let context: PairContext | undefined;
let scenarios: RunnerPlan['scenarios'] = [];

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const message = JSON.parse(line) as ToRunner;
    if (message.type === 'plan') {
      scenarios = message.plan.scenarios;
      context = prepare(message.plan);
      continue;
    }
    const scenario = scenarios.find((candidate) => candidate.name === message.request.scenario);
    if (context === undefined || scenario === undefined)
      throw new Error('a pair was asked for without its plan');
    if (message.type === 'diagnose') {
      const answer = await diagnoseScenario(context, scenario, message.request);
      say({ type: 'diagnosis', answer });
      continue;
    }
    say({ type: 'pair', pair: await measurePair(context, scenario, message.request) });
  } catch (error) {
    say({
      type: 'error',
      code: error instanceof PerfCiError ? error.code : 'runner-failed',
      message: error instanceof Error ? error.message : String(error),
    });
  }
}
