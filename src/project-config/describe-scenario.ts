/** What a pull request changes in one scenario. */

import type {
  CommandSpec,
  GateSpec,
  LoadSpec,
  RequestSpec,
  Scenario,
  GrpcSpec,
} from '../domain/benchmark.ts';
import { metricOf, type CustomMetric, type MetricName } from '../domain/metric.ts';
import { commandText, contentChange, listChanges, valueChange, variableChanges } from './change-words.ts';
import { canonicalJson } from './config-hash.ts';
import { durationText } from './duration.ts';

/** The differences from `base` to `head`, two scenarios of one name, in the order of the file. */
export function describeScenario(base: Scenario, head: Scenario): string[] {
  const kinds = valueChange('kind', base.kind ?? 'http', head.kind ?? 'http');
  const changes = [
    ...kinds,
    // Of another kind everything is new: that is one change, not ten.
    ...(kinds.length > 0 ? [] : describeContent(base, head)),
    ...describeLoad(base.load, head.load),
    ...valueChange('budget', durationText(base.budgetMs), durationText(head.budgetMs)),
    ...describeCustom(base.custom ?? [], head.custom ?? []),
    ...describeGates(base.gates, head.gates),
  ];
  return changes.map((change) => `scenario ${base.name}: ${change}`);
}

function describeContent(base: Scenario, head: Scenario): string[] {
  return [
    ...requestsChange('requests', base.requests, head.requests),
    ...requestsChange('warm_up_mix', base.warmUpRequests, head.warmUpRequests),
    ...contentChange('setup', base.setup, head.setup),
    ...(base.grpc === undefined || head.grpc === undefined ? [] : describeGrpc(base.grpc, head.grpc)),
    ...(base.command === undefined || head.command === undefined
      ? []
      : describeCommand(base.command, head.command)),
  ];
}

function requestsChange(
  key: string,
  base: readonly RequestSpec[] | undefined,
  head: readonly RequestSpec[] | undefined,
): string[] {
  if (base === undefined || head === undefined) return contentChange(key, base, head);
  if (canonicalJson(base) === canonicalJson(head)) return [];
  return [`${key} changed (${base.length} before, ${head.length} after)`];
}

function describeGrpc(base: GrpcSpec, head: GrpcSpec): string[] {
  const isSame = canonicalJson(base.messages) === canonicalJson(head.messages);
  const messages = `grpc.messages changed (${base.messages.length} before, ${head.messages.length} after)`;
  return [
    ...contentChange('grpc.proto_file', base.proto, head.proto),
    ...valueChange('grpc.service', base.service, head.service),
    ...valueChange('grpc.method', base.method, head.method),
    ...(isSame ? [] : [messages]),
  ];
}

function describeCommand(base: CommandSpec, head: CommandSpec): string[] {
  return [
    ...valueChange('command.run', commandText(base.command), commandText(head.command)),
    ...variableChanges('command.env', base.env, head.env),
    ...valueChange('command.prepare', commandText(base.prepare), commandText(head.prepare)),
    ...valueChange('command.timeout', durationText(base.timeoutMs), durationText(head.timeoutMs)),
    ...listChanges('command.outputs', base.outputs, head.outputs),
  ];
}

function describeLoad(base: LoadSpec, head: LoadSpec): string[] {
  return [
    ...valueChange('warm_up', durationText(base.warmUpMs), durationText(head.warmUpMs)),
    ...valueChange('warm_up_requests', base.warmUpRequests, head.warmUpRequests),
    ...valueChange('connections', base.connections, head.connections),
    ...valueChange('measured', durationText(base.measuredMs), durationText(head.measuredMs)),
    ...valueChange(
      'request_timeout',
      durationText(base.requestTimeoutMs),
      durationText(head.requestTimeoutMs),
    ),
    ...valueChange('protocol', base.protocol ?? 'http1', head.protocol ?? 'http1'),
    ...valueChange('keep_alive', base.keepAlive ?? true, head.keepAlive ?? true),
    ...valueChange('slow_limits', limitsText(base), limitsText(head)),
    ...valueChange('open', openText(base), openText(head)),
    ...valueChange('closed', closedText(base), closedText(head)),
    ...valueChange('memory_after_gc', base.memoryAfterGc ?? true, head.memoryAfterGc ?? true),
  ];
}

function limitsText({ slowLimitsMs = [] }: LoadSpec): string {
  return slowLimitsMs.length === 0 ? 'none' : slowLimitsMs.map(durationText).join(' ');
}

function openText({ open }: LoadSpec): string {
  if (open === undefined) return 'none';
  return `${open.ratePerSecond} a second, ${open.arrivals}, ${durationText(open.durationMs)}`;
}

function closedText({ closed }: LoadSpec): string {
  return closed === undefined ? 'none' : `${closed.requests} requests over ${closed.connections} connections`;
}

function describeCustom(base: readonly CustomMetric[], head: readonly CustomMetric[]): string[] {
  const names = [...new Set([...base, ...head].map(({ name }) => name))];
  return names.flatMap((name) =>
    contentChange(
      `custom.${name}`,
      base.find((metric) => metric.name === name),
      head.find((metric) => metric.name === name),
    ),
  );
}

function describeGates(base: readonly GateSpec[], head: readonly GateSpec[]): string[] {
  const ofHead = new Map(head.map((gate) => [gate.metric, gate.threshold]));
  const ofBase = new Set(base.map((gate) => gate.metric));
  const kept = base.flatMap(({ metric, threshold: before }) => {
    const after = ofHead.get(metric);
    if (after === undefined) return [`gate on ${metric} removed (weaker)`];
    if (after === before) return [];
    const word = after > before ? 'weaker' : 'stricter';
    return [
      `threshold of ${metric} ${thresholdText(metric, before)} → ${thresholdText(metric, after)} (${word})`,
    ];
  });
  const added = head.filter(({ metric }) => !ofBase.has(metric));
  return [
    ...kept,
    ...added.map(
      ({ metric, threshold }) => `gate on ${metric} added at ${thresholdText(metric, threshold)} (stricter)`,
    ),
  ];
}

/** 0.03 as `3 %`; the digits that a person can have written, not those of the division. */
function thresholdText(metric: MetricName, threshold: number): string {
  const { scale, unit } = metricOf(metric);
  if (scale === 'difference')
    return unit === 'bytes-per-request' ? `${threshold} bytes a request` : String(threshold);
  return `${Number((threshold * 100).toPrecision(12))} ${scale === 'share' ? 'percentage points' : '%'}`;
}
