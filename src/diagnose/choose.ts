import type { ProjectConfig, Scenario } from '../domain/benchmark.ts';
import type { Verdict } from '../domain/verdict.ts';

/** At most so many scenarios of a run are looked at more closely: each costs up to two minutes. */
const MAX_SCENARIOS = 2;
/** From this share of CPU time in a request's latency on, the time lies in instructions. */
const CPU_BOUND_SHARE = 0.5;

/** What is looked at more closely, and why not, where not. */
export interface DiagnosisPlan {
  scenario: Scenario;
  profile: boolean;
  /** A string says why instructions would tell nothing. */
  instructions: boolean | string;
}

/** Gating metrics whose growth a profile of CPU time can explain. */
const EXPLAINABLE = /^(cpu_|latency_|open_latency_|throughput$)/;

/** An alarm of a slowdown that fresh pairs did not repeat, or that must not be raised. */
function isSuspected({ verdict, confirmation, blocked, pairsWorse, pairsUsed }: Verdict): boolean {
  const hadAlarm = confirmation !== undefined || blocked !== undefined;
  return verdict === 'inconclusive' && hadAlarm && 2 * pairsWorse > pairsUsed;
}

/**
 * Which scenarios are looked at more closely: those with a gating time or CPU metric that regressed (a verdict of that
 * name is a confirmed one), the largest change first, then those that are only suspected, at most two in all; each part as
 * the configuration wants it. Of a suspected slowdown instructions alone are counted: they do not depend on the luck of
 * pairs, while a profile would explain what may not be there.
 */
export function chooseDiagnosis(
  config: Pick<ProjectConfig, 'scenarios' | 'diagnosis'>,
  verdicts: readonly Verdict[],
): DiagnosisPlan[] {
  const { profile, instructions } = config.diagnosis ?? { profile: true, instructions: true };
  if (!profile && !instructions) return [];
  const plans: { plan: DiagnosisPlan; size: number }[] = [];
  for (const scenario of config.scenarios) {
    const own = verdicts.filter((verdict) => verdict.scenario === scenario.name);
    const gating = own.filter(({ metric, threshold }) => threshold !== undefined && EXPLAINABLE.test(metric));
    const slower = gating.filter(({ verdict }) => verdict === 'regressed');
    const isSure = slower.length > 0;
    if (!isSure && !(instructions && gating.some(isSuspected))) continue;
    const sizes = slower.map(({ effect, effectIn }) => (effectIn === 'absolute' ? 0 : Math.abs(effect ?? 0)));
    plans.push({
      plan: {
        scenario,
        profile: profile && isSure,
        instructions: instructions && (whyNoInstructions(own) ?? true),
      },
      size: Math.max(-1, ...sizes),
    });
  }
  return plans
    .sort((a, b) => b.size - a.size)
    .slice(0, MAX_SCENARIOS)
    .map(({ plan }) => plan);
}

/** Instructions explain only what the processor spends: not waiting, and no change without one in CPU time. */
function whyNoInstructions(own: readonly Verdict[]): string | undefined {
  const cpu = own.find(({ metric }) => metric === 'cpu_per_request' || metric === 'cpu_time');
  if (cpu?.metric !== 'cpu_per_request' || cpu.verdict === 'regressed') return undefined;
  const latencyMs = own.find(({ metric }) => metric === 'latency_p50')?.headValue;
  if (cpu.headValue === undefined || latencyMs === undefined || latencyMs <= 0) return undefined;
  const share = cpu.headValue / (latencyMs * 1000);
  if (share >= CPU_BOUND_SHARE) return undefined;
  return `the service is not bound by the processor: ${(share * 100).toFixed(0)} % of a request's time is CPU time`;
}
