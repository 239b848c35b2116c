import { configOfCommit } from '../../workers/project-config.ts';
import type { LocalRepository } from '../checkout/local.ts';
import type { ProjectConfig } from '../domain/benchmark.ts';
import { PerfCiError } from '../domain/errors.ts';
import { missingConfigProblem, type ParsedConfig } from '../project-config/parse.ts';
import { formatProblems } from '../project-config/problem.ts';
import { configOfDisk } from './disk-config.ts';

/** A configuration and its hash. */
export type Chosen = { config: ProjectConfig; hash: string };

/** Where to look for it. */
export interface ConfigPlaces {
  base: string;
  /** What the user called the base. */
  baseRef: string;
  head: string;
  /** `--config`: a file on disk that is used instead. */
  file?: string | undefined;
}

/**
 * The configuration to measure by: the file given, else the base commit's, else (nobody here is hostile to
 * himself) the head's, which is said by `note`.
 * @throws PerfCiError `config-missing`, `config-invalid`
 */
export async function chooseConfig(
  repository: Pick<LocalRepository, 'store'>,
  places: ConfigPlaces,
  note: (line: string) => void,
): Promise<Chosen> {
  const parsed = await findConfig(repository, places, note);
  if (parsed.ok === 'absent') {
    const { file, baseRef } = places;
    const message = file === undefined ? missingConfigProblem(baseRef).message : `no file ${file}`;
    throw new PerfCiError('config-missing', message, {
      blame: 'config',
      remedy: 'perf-ci config example > perf-ci.yml writes one to start from; adapt it and commit it',
    });
  }
  if (!parsed.ok) {
    const problems = formatProblems(parsed.problems);
    throw new PerfCiError('config-invalid', `the configuration has problems:\n${problems}`, {
      blame: 'config',
    });
  }
  return parsed;
}

async function findConfig(
  { store }: Pick<LocalRepository, 'store'>,
  { base, baseRef, head, file }: ConfigPlaces,
  note: (line: string) => void,
): Promise<ParsedConfig | { ok: 'absent' }> {
  if (file !== undefined) return configOfDisk(file);
  const ofBase = await configOfCommit(store, base, baseRef);
  if (ofBase.ok !== 'absent') return ofBase;
  const ofHead = await configOfCommit(store, head, 'the head');
  if (ofHead.ok !== 'absent') note(`${missingConfigProblem(baseRef).message}: the head's is used`);
  return ofHead;
}

/** `config` with the scenarios of these names only. @throws PerfCiError `unknown-scenario` (usage) */
export function onlyScenarios(config: ProjectConfig, names: readonly string[] | undefined): ProjectConfig {
  if (names === undefined) return config;
  const unknown = names.filter((name) => !config.scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    throw new PerfCiError(
      'unknown-scenario',
      `no scenario ${unknown.join(', ')}; there are: ${scenarioNames(config)}`,
      { blame: 'usage' },
    );
  }
  return { ...config, scenarios: config.scenarios.filter((scenario) => names.includes(scenario.name)) };
}

/** The names of all scenarios, for people. */
export function scenarioNames(config: ProjectConfig): string {
  return config.scenarios.map((scenario) => scenario.name).join(', ');
}
