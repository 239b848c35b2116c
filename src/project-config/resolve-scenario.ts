/** An accepted scenario to the domain's words. */

import type {
  CommandSpec,
  GateSpec,
  GrpcSpec,
  LoadSpec,
  RequestSpec,
  Scenario,
  SetupSpec,
} from '../domain/benchmark.ts';
import type { CustomMetric, MetricName } from '../domain/metric.ts';
import { TOO_MUCH, type Allowance } from './allowance.ts';
import type { CommandYml } from './command-schema.ts';
import type { CustomYml } from './custom-schema.ts';
import { knownDurationMs } from './duration.ts';
import { expandRequests, fits, objectToWeights, type Expansion } from './expand-requests.ts';
import { fillRequest } from './fill-request.ts';
import { thresholdOf } from './gate-rules.ts';
import { DEFAULT_PERCENT } from './gate-schema.ts';
import type { GrpcYml } from './grpc-schema.ts';
import type { LoadYml } from './load-schema.ts';
import type { NamedFiles } from './named-files.ts';
import type { ConfigPath, Finding } from './problem.ts';
import type { RepositoryFiles } from './repository-files.ts';
import type { ScenarioYml } from './scenario-schema.ts';
import type { SetupYml } from './setup-schema.ts';
import { repositoryPath } from './text-rules.ts';
import { encodeUrlPath } from './url-path.ts';

/** What scenarios need besides perf-ci.yml itself. */
export interface NamedContent extends Pick<NamedFiles, 'requestsFiles' | 'messagesFiles' | 'dataFiles'> {
  files: RepositoryFiles;
}

/** What a scenario is resolved with. */
export interface ScenarioContext {
  content: NamedContent;
  allowance: Allowance;
}

/** The scenario, or what is wrong with it as a whole. Every default that the domain has itself is left out. */
export function resolveScenario(
  place: ConfigPath,
  scenario: ScenarioYml,
  context: ScenarioContext,
): { scenario: Scenario; findings: Finding[] } {
  const { content, allowance } = context;
  const requestsFile = fileOf(content.requestsFiles, scenario.requests_file);
  const messagesFile = fileOf(content.messagesFiles, scenario.grpc?.messages_file);
  const why = scenario.why ?? requestsFile?.why ?? messagesFile?.why;
  const expansion: Expansion = {
    files: content.files,
    data: fileOf(content.dataFiles, scenario.data_file),
    hasSetup: scenario.setup !== undefined,
    allowance,
  };
  const requests = expandRequests(place, scenario.requests ?? requestsFile?.requests ?? [], expansion);
  const mix = scenario.warm_up_mix ?? fileOf(content.requestsFiles, scenario.warm_up_mix_file)?.requests;
  const warmUp = mix === undefined ? undefined : expandRequests(place, mix, expansion);
  const setup = scenario.setup === undefined ? undefined : resolveSetup(scenario.setup, content.files);
  const grpc = scenario.grpc === undefined ? undefined : resolveGrpc(scenario.grpc, content);
  const kind = kindOf(scenario);
  const resolved: Scenario = {
    name: scenario.name.normalize('NFC'),
    ...(why === undefined ? {} : { why }),
    ...(kind === 'http' ? {} : { kind }),
    requests: requests.requests,
    ...(warmUp === undefined ? {} : { warmUpRequests: warmUp.requests }),
    ...(setup === undefined ? {} : { setup }),
    ...(grpc === undefined ? {} : { grpc }),
    ...(scenario.command === undefined ? {} : { command: resolveCommand(scenario.command) }),
    load: resolveLoad(scenario.load),
    ...(scenario.custom.length === 0 ? {} : { custom: resolveCustom(scenario.custom) }),
    gates: resolveGates(scenario, kind),
    budgetMs: knownDurationMs(scenario.budget),
  };
  const messages = scenario.grpc?.messages ?? messagesFile?.messages ?? [];
  const findings = [
    ...requests.findings,
    ...(warmUp?.findings ?? []),
    ...objectToWeights([...place, 'grpc'], messages),
  ];
  const isTooMuch = !othersFit(setup?.request, grpc, allowance);
  return { scenario: resolved, findings: isTooMuch ? [...findings, { path: place, ...TOO_MUCH }] : findings };
}

function kindOf(scenario: ScenarioYml): 'http' | 'grpc' | 'command' {
  if (scenario.command !== undefined) return 'command';
  return scenario.grpc === undefined ? 'http' : 'grpc';
}

function fileOf<T>(files: ReadonlyMap<string, T>, named: string | undefined): T | undefined {
  return named === undefined ? undefined : files.get(repositoryPath(named));
}

function othersFit(
  setup: RequestSpec | undefined,
  grpc: GrpcSpec | undefined,
  allowance: Allowance,
): boolean {
  const messages = grpc?.messages ?? [];
  return (
    (setup === undefined || fits(setup, allowance)) &&
    (grpc === undefined || allowance.take(grpc.proto)) &&
    messages.every(({ message }) => allowance.take(JSON.stringify(message)))
  );
}

function resolveSetup(setup: SetupYml, files: RepositoryFiles): SetupSpec {
  return {
    request: fillRequest(setup.request, { files, keepsPlaceholders: false }),
    capture: setup.capture.map(({ name, json, header }) =>
      json === undefined
        ? { name, from: 'header', at: (header ?? '').toLowerCase() }
        : { name, from: 'json', at: json },
    ),
  };
}

function resolveGrpc(grpc: GrpcYml, content: NamedContent): GrpcSpec {
  const messages = grpc.messages ?? fileOf(content.messagesFiles, grpc.messages_file)?.messages ?? [];
  return {
    proto: content.files.known(grpc.proto_file),
    service: grpc.service,
    method: grpc.method,
    messages: messages.map(({ message, weight }) => ({ message, ...(weight === 1 ? {} : { weight }) })),
  };
}

function resolveCommand(command: CommandYml): CommandSpec {
  return {
    command: command.run,
    env: command.env,
    prepare: command.prepare ?? [],
    timeoutMs: knownDurationMs(command.timeout),
    outputs: command.outputs.map(repositoryPath),
  };
}

function resolveLoad(load: LoadYml): LoadSpec {
  const { open, closed, slow_limits: limits } = load;
  return {
    warmUpMs: knownDurationMs(load.warm_up),
    warmUpRequests: load.warm_up_requests,
    connections: load.connections,
    measuredMs: knownDurationMs(load.measured),
    requestTimeoutMs: knownDurationMs(load.request_timeout),
    ...(load.protocol === 'http1' ? {} : { protocol: load.protocol }),
    ...(load.keep_alive ? {} : { keepAlive: false }),
    ...(limits === undefined ? {} : { slowLimitsMs: limits.map(knownDurationMs) }),
    ...(open === undefined
      ? {}
      : {
          open: {
            ratePerSecond: open.rate,
            arrivals: open.arrivals,
            durationMs: knownDurationMs(open.duration),
          },
        }),
    ...(closed === undefined ? {} : { closed }),
    ...(load.memory_after_gc ? {} : { memoryAfterGc: false }),
  };
}

function resolveCustom(custom: CustomYml): CustomMetric[] {
  return custom.map(({ name, title, unit, better, served, printed }) => ({
    name,
    title: title ?? name,
    unitLabel: unit,
    better,
    from:
      served === undefined
        ? { kind: 'printed', after: printed ?? '' }
        : { kind: 'served', path: encodeUrlPath(served.path), pointer: served.pointer },
  }));
}

function resolveGates(scenario: ScenarioYml, kind: 'http' | 'grpc' | 'command'): GateSpec[] {
  const gates = scenario.gate ?? [{ metric: kind === 'command' ? 'cpu_time' : 'cpu_per_request' }];
  return gates.map(
    ({ metric: name, threshold = DEFAULT_PERCENT }: { metric: string; threshold?: number | undefined }) => {
      // Only names of this scenario's metrics pass the rules across keys.
      const metric = name as MetricName;
      return { metric, threshold: thresholdOf(metric, threshold) };
    },
  );
}
