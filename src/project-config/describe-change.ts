/** What a pull request changes in perf-ci.yml, in words for the comment. */

import type { GateSpec, ProjectConfig, Scenario } from '../domain/benchmark.ts';
import { clip } from '../domain/errors.ts';
import { canonicalJson } from './config-hash.ts';
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
    ...valueChange('pool', base.pool, head.pool),
    ...describeScenarios(base.scenarios, head.scenarios),
  ].map((difference) => clip(difference, 200));
  const rest = differences.length - MAX_DIFFERENCES;
  return rest > 0 ? [...differences.slice(0, MAX_DIFFERENCES), `${rest} more differences`] : differences;
}

function describeService(base: ProjectConfig['service'], head: ProjectConfig['service']): string[] {
  const variables = [...new Set([...Object.keys(base.env), ...Object.keys(head.env)])].sort();
  return [
    ...valueChange('service.directory', base.directory || '.', head.directory || '.'),
    ...valueChange('service.build', commands(base.build), commands(head.build)),
    ...valueChange(
      'service.build_timeout',
      durationText(base.buildTimeoutMs),
      durationText(head.buildTimeoutMs),
    ),
    ...valueChange('service.start', commands([base.start]), commands([head.start])),
    ...valueChange('service.port', base.port, head.port),
    ...valueChange('service.ready.path', base.readyPath, head.readyPath),
    ...valueChange(
      'service.ready.timeout',
      durationText(base.readyTimeoutMs),
      durationText(head.readyTimeoutMs),
    ),
    ...variables.flatMap((name) => valueChange(`service.env.${name}`, base.env[name], head.env[name])),
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

function describeScenario(base: Scenario, head: Scenario): string[] {
  const sameRequests = canonicalJson(base.requests) === canonicalJson(head.requests);
  const changes = [
    ...(sameRequests
      ? []
      : [`requests changed (${base.requests.length} before, ${head.requests.length} after)`]),
    ...valueChange('warm_up', durationText(base.load.warmUpMs), durationText(head.load.warmUpMs)),
    ...valueChange('warm_up_requests', base.load.warmUpRequests, head.load.warmUpRequests),
    ...valueChange('connections', base.load.connections, head.load.connections),
    ...valueChange('measured', durationText(base.load.measuredMs), durationText(head.load.measuredMs)),
    ...valueChange(
      'request_timeout',
      durationText(base.load.requestTimeoutMs),
      durationText(head.load.requestTimeoutMs),
    ),
    ...valueChange('budget', durationText(base.budgetMs), durationText(head.budgetMs)),
    ...describeGates(base.gates, head.gates),
  ];
  return changes.map((change) => `scenario ${base.name}: ${change}`);
}

function describeGates(base: readonly GateSpec[], head: readonly GateSpec[]): string[] {
  const ofHead = new Map(head.map((gate) => [gate.metric, gate.threshold]));
  const ofBase = new Set(base.map((gate) => gate.metric));
  const kept = base.flatMap(({ metric, threshold: before }) => {
    const after = ofHead.get(metric);
    if (after === undefined) return [`gate on ${metric} removed (weaker)`];
    if (after === before) return [];
    const word = after > before ? 'weaker' : 'stricter';
    return [`threshold of ${metric} ${percent(before)} → ${percent(after)} (${word})`];
  });
  const added = head.filter(({ metric }) => !ofBase.has(metric));
  return [
    ...kept,
    ...added.map(({ metric, threshold }) => `gate on ${metric} added at ${percent(threshold)} (stricter)`),
  ];
}

function valueChange(
  key: string,
  before: string | number | boolean | undefined,
  after: string | number | boolean | undefined,
): string[] {
  return before === after ? [] : [`${key} ${before ?? 'unset'} → ${after ?? 'unset'}`];
}

function listChanges(key: string, before: readonly string[], after: readonly string[]): string[] {
  const added = after.filter((value) => !before.includes(value));
  const removed = before.filter((value) => !after.includes(value));
  return [
    ...(added.length === 0 ? [] : [`${key} adds ${added.join(' ')}`]),
    ...(removed.length === 0 ? [] : [`${key} drops ${removed.join(' ')}`]),
  ];
}

function commands(lists: readonly (readonly string[])[]): string {
  return lists.length === 0 ? 'none' : lists.map((command) => JSON.stringify(command)).join(', ');
}

/** 0.03 as `3 %`; the digits that a person can have written, not those of the division. */
function percent(threshold: number): string {
  return `${Number((threshold * 100).toPrecision(12))} %`;
}
