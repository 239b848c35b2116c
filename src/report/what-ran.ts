import type { MetricName } from '../domain/metric.ts';
import type { JudgedResult } from './view.ts';

/** Figures that only commands have. */
const OF_COMMANDS: readonly MetricName[] = ['cpu_time', 'wall_time', 'bytes_written'];

/** Whether a scenario ran a command and not a service, told by what was judged of it. */
export function isCommand({ verdicts }: JudgedResult, scenario: string): boolean {
  return verdicts.some((verdict) => verdict.scenario === scenario && OF_COMMANDS.includes(verdict.metric));
}

/** Names of the judged scenarios, in order. */
export function scenariosOf({ verdicts }: JudgedResult): string[] {
  return [...new Set(verdicts.map(({ scenario }) => scenario))];
}
