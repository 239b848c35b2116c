/** An accepted perf-ci.yml to the domain's words: units, defaults, files and encodings applied. */

import type { ProjectConfig, RankingAnswers, Scenario, ServiceSpec } from '../domain/benchmark.ts';
import { Allowance, TOO_MUCH } from './allowance.ts';
import { durationText, knownDurationMs } from './duration.ts';
import type { Finding } from './problem.ts';
import { resolveScenario, type NamedContent } from './resolve-scenario.ts';
import type { PerfCiYml } from './schema.ts';
import { repositoryPath } from './text-rules.ts';
import { encodeUrlPath } from './url-path.ts';

/** Filling in requests only to refuse them costs memory: after so many findings the rest is not looked at. */
const MAX_FINDINGS = 20;

/** The configuration, or what is wrong with it as a whole. All files that it names must have been read. */
export function resolveConfig(
  yml: PerfCiYml,
  content: NamedContent,
): { config: ProjectConfig; findings: Finding[] } {
  const context = { content, allowance: new Allowance() };
  const scenarios: Scenario[] = [];
  const findings: Finding[] = [];
  for (const [index, written] of yml.scenarios.entries()) {
    if (findings.length >= MAX_FINDINGS) break;
    const resolved = resolveScenario(['scenarios', index], written, context);
    scenarios.push(resolved.scenario);
    // Once the allowance is used up every further scenario is too much: the first one is told.
    const isKnown = findings.some(({ message }) => message === TOO_MUCH.message);
    findings.push(...resolved.findings.filter(({ message }) => !isKnown || message !== TOO_MUCH.message));
  }
  const { profile, instructions } = yml.diagnosis;
  const config: ProjectConfig = {
    version: 1,
    service: resolveService(yml.service),
    scenarios,
    paths: yml.paths,
    answers: {
      ignoreKeys: yml.answers.ignore_keys,
      sample: yml.answers.sample,
      ...(yml.answers.ranking === undefined ? {} : { ranking: resolveRanking(yml.answers.ranking) }),
    },
    ...(profile && instructions ? {} : { diagnosis: { profile, instructions } }),
    pool: yml.pool,
  };
  return { config, findings: [...budgetsTooSmall(scenarios), ...findings] };
}

function resolveService(service: PerfCiYml['service']): ServiceSpec {
  return {
    directory: repositoryPath(service.directory),
    build: service.build,
    buildTimeoutMs: knownDurationMs(service.build_timeout),
    start: service.start ?? [],
    port: service.port,
    readyPath: encodeUrlPath(service.ready.path),
    ...(service.ready.by === 'http' ? {} : { readyBy: service.ready.by }),
    readyTimeoutMs: knownDurationMs(service.ready.timeout),
    env: service.env,
    hugePages: service.huge_pages,
  };
}

function resolveRanking(ranking: NonNullable<PerfCiYml['answers']['ranking']>): RankingAnswers {
  const { items, id, scores, k } = ranking;
  if (scores === undefined) return { items, id, k };
  const { list, in_item: inItem = '' } = scores;
  return {
    items,
    id,
    scores: list === undefined ? { kind: 'in-item', at: inItem } : { kind: 'list', at: list },
    k,
  };
}

/** A budget that cannot hold one pair gives a scenario that never gets a verdict. How long a command takes is not known. */
function budgetsTooSmall(scenarios: readonly Scenario[]): Finding[] {
  return scenarios.flatMap(({ kind, budgetMs, load }, index) => {
    const openMs = 2 * (load.open?.durationMs ?? 0);
    const pairMs = load.warmUpMs + load.measuredMs + openMs;
    if (kind === 'command' || pairMs <= budgetMs) return [];
    const sum = openMs === 0 ? 'warm_up + measured' : 'warm_up + measured + twice open.duration';
    return [
      {
        path: ['scenarios', index, 'budget'],
        message: `expected a budget for at least one pair (${sum} = ${durationText(pairMs)}); found ${durationText(budgetMs)}`,
      },
    ];
  });
}
