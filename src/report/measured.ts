import type { PhaseTimings } from '../domain/run.ts';
import { shortSha } from './commits.ts';
import { codeSpan } from './escape.ts';
import { count, formatBytes, formatDuration } from './numbers.ts';
import type { Fold } from './page.ts';
import { controlRows } from './control.ts';
import { fold } from './page.ts';
import { MARKDOWN } from './style.ts';
import type { Comparison, JudgedResult } from './view.ts';
import { isCommand, scenariosOf } from './what-ran.ts';

/** How the figures came about and on what machine, as a folded list. */
export function measuredFold(comparison: Comparison): Fold {
  const { result, rerunNumber, timings } = comparison;
  const { environment } = result;
  const rows = [
    ...protocolRows(result),
    `${count(result.pairsTotal, 'pair')}, seed ${result.seed}${rerunNumber > 0 ? `, re-run ${rerunNumber} of this commit` : ''}${describeTimings(timings)}`,
    `Base ${codeSpan(result.baseSha, 40)}, head ${codeSpan(result.headSha, 40)}`,
    `Machine ${codeSpan(environment.machineId, 60)}: ${codeSpan(environment.cpuModel, 80)}, ${count(environment.cpuCount, 'core')}, ${formatBytes(environment.memoryBytes)}, ${codeSpan(environment.architecture, 20)}`,
    `Kernel ${codeSpan(environment.kernel, 60)}, Node ${codeSpan(environment.nodeVersion, 20)}, ${codeSpan(environment.libc, 40)}`,
    `Pinning ${codeSpan(environment.pinning, 60)}, huge pages ${codeSpan(environment.hugePages, 40)}, malloc ${codeSpan(environment.malloc, 20)}, sandbox ${codeSpan(environment.sandboxTier, 20)}`,
    `perf-ci ${codeSpan(environment.runnerVersion, 20)}, environment ${codeSpan(shortSha(environment.fingerprint), 20)}`,
    ...controlRows(result, MARKDOWN),
    ...result.notes.map((note) => `Note: ${codeSpan(note, 300)}`),
  ];
  return fold(
    'How this was measured',
    rows.map((row) => `- ${row}`),
  );
}

function protocolRows(result: JudgedResult): string[] {
  const commands = scenariosOf(result).filter((scenario) => isCommand(result, scenario)).length;
  const source = codeSpan(result.environment.cpuSource, 20);
  const services = `Pairs of fresh processes, one of base and one of head, both running; requests alternate between them one by one, by coin, with one in flight. CPU time is that of the whole process tree, read from ${source}.`;
  const jobs =
    'Commands: each pair runs base and head once, one after the other, which first by coin. CPU time is that of the command and of all that it waited for.';
  if (commands === 0) return [services];
  return commands === scenariosOf(result).length ? [jobs] : [services, jobs];
}

function describeTimings(timings: PhaseTimings | undefined): string {
  const named: [string, number | undefined][] = [
    ['preparing', timings?.preparingMs],
    ['building', timings?.buildingMs],
    ['measuring', timings?.measuringMs],
    ['judging', timings?.analysingMs],
  ];
  const known = named.flatMap(([name, ms]) => (ms === undefined ? [] : [`${name} ${formatDuration(ms)}`]));
  return known.length === 0 ? '' : `; ${known.join(', ')}`;
}
