/** Rules that look at more than one value of perf-ci.yml. They read the unchecked data. */

import { expectation } from './found.ts';
import { COMMAND_WORDS } from './command-line.ts';
import type { Finding } from './problem.ts';
import { crossCheckScenario } from './scenario-rules.ts';
import {
  duplicates,
  exactlyOne,
  isMapping,
  mappingAt,
  mappingsIn,
  textsIn,
  type Mapping,
} from './unchecked.ts';

/** Findings over a whole perf-ci.yml. */
export function crossCheckConfig(config: unknown): Finding[] {
  const scenarios = mappingsIn(config, 'scenarios');
  return [
    ...startCommand(config, scenarios),
    ...readiness(config),
    ...scoresOfRanking(config),
    ...duplicates(
      textsIn([], config, 'scenarios', 'name'),
      'duplicate scenario name',
      'names tell results apart: give each scenario its own',
    ),
    ...scenarios.flatMap(({ index, mapping }) => crossCheckScenario(['scenarios', index], mapping)),
  ];
}

/** Only commands can do without a service. */
function startCommand(config: unknown, scenarios: readonly { mapping: Mapping }[]): Finding[] {
  const service = mappingAt(config, 'service');
  if (service === undefined || 'start' in service) return [];
  if (scenarios.length > 0 && scenarios.every(({ mapping }) => 'command' in mapping)) return [];
  return [{ path: ['service', 'start'], message: expectation(`a list of ${COMMAND_WORDS}`, undefined) }];
}

function readiness(config: unknown): Finding[] {
  const ready = mappingAt(mappingAt(config, 'service'), 'ready');
  if (ready?.['by'] !== 'tcp' || !('path' in ready)) return [];
  return [
    {
      path: ['service', 'ready', 'path'],
      at: 'key',
      message: 'expected no path with by: tcp; found one',
      fix: 'remove it: a port is asked whether it accepts a connection, nothing more',
    },
  ];
}

function scoresOfRanking(config: unknown): Finding[] {
  const scores = mappingAt(mappingAt(mappingAt(config, 'answers'), 'ranking'), 'scores');
  return isMapping(scores) ? exactlyOne(['answers', 'ranking', 'scores'], scores, ['list', 'in_item']) : [];
}
