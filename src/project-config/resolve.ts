/** An accepted perf-ci.yml to the domain's words: units, defaults, files and encodings applied. */

import type { ProjectConfig, RequestSpec, Scenario, ServiceSpec } from '../domain/benchmark.ts';
import { durationText, knownDurationMs } from './duration.ts';
import type { Finding } from './problem.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { httpMethod } from './request-rules.ts';
import type { RequestYml } from './request-schema.ts';
import type { AcceptedRequests } from './requests.ts';
import type { ScenarioYml } from './scenario-schema.ts';
import type { PerfCiYml } from './schema.ts';
import { repositoryPath } from './text-rules.ts';
import { encodeUrlPath } from './url-path.ts';

/** All requests of all scenarios together are kept in memory and hashed: this many bytes at most. */
const MAX_REQUEST_BYTES = 16 * 1_048_576;

/** What the scenarios need besides perf-ci.yml itself. */
export interface NamedContent {
  files: RepositoryFiles;
  requestsFiles: ReadonlyMap<string, AcceptedRequests>;
}

/** The configuration, or what is wrong with it as a whole. All files that it names must have been read. */
export function resolveConfig(
  yml: PerfCiYml,
  content: NamedContent,
): { config: ProjectConfig; findings: Finding[] } {
  const scenarios = yml.scenarios.map((scenario) => resolveScenario(scenario, content));
  const config: ProjectConfig = {
    version: 1,
    service: resolveService(yml.service),
    scenarios,
    paths: yml.paths,
    answers: { ignoreKeys: yml.answers.ignore_keys, sample: yml.answers.sample },
    pool: yml.pool,
  };
  return { config, findings: [...budgetsTooSmall(scenarios), ...tooManyBytes(scenarios)] };
}

function resolveService(service: PerfCiYml['service']): ServiceSpec {
  return {
    directory: repositoryPath(service.directory),
    build: service.build,
    buildTimeoutMs: knownDurationMs(service.build_timeout),
    start: service.start,
    port: service.port,
    readyPath: encodeUrlPath(service.ready.path),
    readyTimeoutMs: knownDurationMs(service.ready.timeout),
    env: service.env,
    hugePages: service.huge_pages,
  };
}

function resolveScenario(scenario: ScenarioYml, content: NamedContent): Scenario {
  const path = scenario.requests_file;
  const file = path === undefined ? undefined : content.requestsFiles.get(repositoryPath(path));
  const why = scenario.why ?? file?.why;
  return {
    name: scenario.name.normalize('NFC'),
    ...(why === undefined ? {} : { why }),
    requests: (scenario.requests ?? file?.requests ?? []).map((request) =>
      resolveRequest(request, content.files),
    ),
    load: {
      warmUpMs: knownDurationMs(scenario.load.warm_up),
      warmUpRequests: scenario.load.warm_up_requests,
      connections: scenario.load.connections,
      measuredMs: knownDurationMs(scenario.load.measured),
      requestTimeoutMs: knownDurationMs(scenario.load.request_timeout),
    },
    gates: scenario.gate.map(({ metric, threshold }) => ({ metric, threshold: threshold / 100 })),
    budgetMs: knownDurationMs(scenario.budget),
  };
}

function resolveRequest(request: RequestYml, files: RepositoryFiles): RequestSpec {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const body = bodyText(request, files);
  const isJson = request.body !== undefined && typeof request.body !== 'string';
  if (isJson && headers['content-type'] === undefined) headers['content-type'] = 'application/json';
  return {
    method: httpMethod(request.method) ?? 'GET',
    path: encodeUrlPath(request.path),
    headers,
    ...(body === undefined ? {} : { body }),
  };
}

function bodyText(request: RequestYml, files: RepositoryFiles): string | undefined {
  if (request.body_file !== undefined) return files.known(request.body_file);
  if (request.body === undefined || typeof request.body === 'string') return request.body;
  return JSON.stringify(request.body);
}

/** A budget that cannot hold one pair gives a scenario that never gets a verdict. */
function budgetsTooSmall(scenarios: readonly Scenario[]): Finding[] {
  return scenarios.flatMap(({ budgetMs, load }, index) => {
    const pairMs = load.warmUpMs + load.measuredMs;
    if (pairMs <= budgetMs) return [];
    return [
      {
        path: ['scenarios', index, 'budget'],
        message: `expected a budget for at least one pair (warm_up + measured = ${durationText(pairMs)}); found ${durationText(budgetMs)}`,
      },
    ];
  });
}

function tooManyBytes(scenarios: readonly Scenario[]): Finding[] {
  let bytes = 0;
  for (const [index, scenario] of scenarios.entries()) {
    for (const { path, headers, body } of scenario.requests) {
      bytes += path.length + JSON.stringify(headers).length + Buffer.byteLength(body ?? '');
    }
    if (bytes <= MAX_REQUEST_BYTES) continue;
    const message = 'expected at most 16 MiB of requests in all scenarios together; found more';
    return [{ path: ['scenarios', index], message, fix: 'send fewer or smaller requests' }];
  }
  return [];
}
