/** What a pull request changes in perf-ci.yml, in words for the comment. */

import type { ProjectConfig, Scenario } from '../domain/benchmark.ts';
import { clip } from '../domain/errors.ts';
import {
  commands,
  commandText,
  contentChange,
  listChanges,
  valueChange,
  variableChanges,
} from './change-words.ts';
import { describeScenario } from './describe-scenario.ts';
import { durationText } from './duration.ts';

/** More differences than this are counted, not listed. */
const MAX_DIFFERENCES = 50;

/**
 * The differences from `base` to `head` that can change a measurement or its judgement, one phrase each, in the
 * order of the file; [] when there is none. Names, commands and globs come from the repository: text to escape.
 */
export function describeChange(base: ProjectConfig, head: ProjectConfig): string[] {
  const differences = [
    ...describeService(base.service, head.service),
    ...listChanges('paths.include', base.paths.include, head.paths.include),
    ...listChanges('paths.ignore', base.paths.ignore, head.paths.ignore),
    ...listChanges('answers.ignore_keys', base.answers.ignoreKeys, head.answers.ignoreKeys),
    ...valueChange('answers.sample', base.answers.sample, head.answers.sample),
    ...contentChange('answers.ranking', base.answers.ranking, head.answers.ranking),
    ...valueChange('diagnosis.profile', base.diagnosis?.profile ?? true, head.diagnosis?.profile ?? true),
    ...valueChange(
      'diagnosis.instructions',
      base.diagnosis?.instructions ?? true,
      head.diagnosis?.instructions ?? true,
    ),
    ...valueChange('pool', base.pool, head.pool),
    ...describeScenarios(base.scenarios, head.scenarios),
  ].map((difference) => clip(difference, 200));
  const rest = differences.length - MAX_DIFFERENCES;
  return rest > 0 ? [...differences.slice(0, MAX_DIFFERENCES), `${rest} more differences`] : differences;
}

function describeService(base: ProjectConfig['service'], head: ProjectConfig['service']): string[] {
  return [
    ...valueChange('service.directory', base.directory || '.', head.directory || '.'),
    ...valueChange('service.build', commands(base.build), commands(head.build)),
    ...valueChange(
      'service.build_timeout',
      durationText(base.buildTimeoutMs),
      durationText(head.buildTimeoutMs),
    ),
    ...valueChange('service.start', commandText(base.start), commandText(head.start)),
    ...valueChange('service.port', base.port, head.port),
    ...valueChange('service.ready.by', base.readyBy ?? 'http', head.readyBy ?? 'http'),
    ...valueChange('service.ready.path', base.readyPath, head.readyPath),
    ...valueChange(
      'service.ready.timeout',
      durationText(base.readyTimeoutMs),
      durationText(head.readyTimeoutMs),
    ),
    ...variableChanges('service.env', base.env, head.env),
    ...valueChange('service.huge_pages', base.hugePages, head.hugePages),
  ];
}

function describeScenarios(base: readonly Scenario[], head: readonly Scenario[]): string[] {
  const ofHead = new Map(head.map((scenario) => [scenario.name, scenario]));
  const ofBase = new Set(base.map((scenario) => scenario.name));
  const kept = base.flatMap((before) => {
    const after = ofHead.get(before.name);
    return after === undefined ? [`scenario ${before.name} removed`] : describeScenario(before, after);
  });
  const added = head.filter((scenario) => !ofBase.has(scenario.name));
  return [...kept, ...added.map((scenario) => `scenario ${scenario.name} added`)];
}
