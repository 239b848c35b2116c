import { describe, expect, it } from 'vitest';
import { metricOf } from '../../src/domain/metric.ts';
import { metricsOfScenario } from '../../src/domain/metrics-of-scenario.ts';
import { configOf, messagesOf, problemsOf, yml } from './read-config.ts';

const COMMAND = 'name: a, command: { run: [a] }';
const REQUESTS = 'name: a, requests: [{ path: / }]';

async function gatesOf(scenario: string): Promise<unknown> {
  return (await configOf(yml({ scenario }))).scenarios[0]?.gates;
}

describe('gates', () => {
  it('are CPU time at 3 percent unless said otherwise: a request’s, or a command’s', async () => {
    const grpc = 'grpc: { proto_file: p, service: S, method: M, messages: [{ message: {} }] }';
    const proto = { p: 'service S { rpc M(A) returns (A); } message A {}' };

    expect(await gatesOf(REQUESTS)).toEqual([{ metric: 'cpu_per_request', threshold: 0.03 }]);
    expect(await gatesOf(COMMAND)).toEqual([{ metric: 'cpu_time', threshold: 0.03 }]);
    expect((await configOf(yml({ scenario: `name: a, ${grpc}` }), proto)).scenarios[0]?.gates).toEqual([
      { metric: 'cpu_per_request', threshold: 0.03 },
    ]);
    expect(await gatesOf(`${REQUESTS}, gate: []`)).toEqual([]);
  });

  it('may be on every metric that the scenario has, tails and numbers of its own included', async () => {
    const load = 'load: { slow_limits: [10ms, 2s], open: { rate: 9 }, closed: {} }';
    const custom = 'custom: [{ name: x, printed: "x: " }]';
    const config = await configOf(yml({ scenario: `${REQUESTS}, ${load}, ${custom}` }));
    const names = metricsOfScenario(config.scenarios[0]!);
    const gates = names.map((name) => `{ metric: ${name}, threshold: 7 }`).join(', ');

    const judged = await configOf(yml({ scenario: `${REQUESTS}, ${load}, ${custom}, gate: [${gates}]` }));

    expect(names).toContain('open_latency_over_2000ms');
    expect(judged.scenarios[0]?.gates).toEqual(
      names.map((metric) => ({ metric, threshold: metricOf(metric).scale === 'difference' ? 7 : 0.07 })),
    );
  });

  it.each([
    [REQUESTS, 'latency_over_10ms', 'add 10ms to load.slow_limits'],
    [REQUESTS, 'open_latency_over_10ms', 'add 10ms to load.slow_limits and load.open'],
    [`${REQUESTS}, load: { slow_limits: [10ms] }`, 'open_latency_over_10ms', 'add load.open'],
    [REQUESTS, 'open_latency_p99', 'add load.open'],
    [REQUESTS, 'event_loop_delay', 'add load.open'],
    [REQUESTS, 'throughput', 'add load.closed'],
    [REQUESTS, 'errors', 'add load.open or load.closed'],
    [REQUESTS, 'custom_x', 'declare x under custom'],
    [COMMAND, 'custom_x', 'declare x under custom'],
    [COMMAND, 'cpu_per_request', 'this scenario has cpu_time, wall_time, memory_peak, bytes_written'],
    [COMMAND, 'throughput', 'this scenario has cpu_time, wall_time, memory_peak, bytes_written'],
  ])('of %s are not on %s: %s', async (scenario, metric, fix) => {
    const messages = await messagesOf(yml({ scenario: `${scenario}, gate: [{ metric: ${metric} }]` }));

    expect(messages).toEqual([
      `scenarios[0].gate[0].metric: expected a metric of this scenario; found "${metric}"  ${fix}`,
    ]);
  });

  it.each(['latency_over_0.5ms', 'latency_over_10.0ms', 'wall_time', 'speed', 'custom_', '__proto__', ''])(
    'of requests are not on "%s"; the metrics are named',
    async (metric) => {
      const load = 'load: { slow_limits: [10ms] }';
      const messages = await messagesOf(
        yml({ scenario: `${REQUESTS}, ${load}, gate: [{ metric: "${metric}", threshold: 1 }]` }),
      );

      expect(messages).toHaveLength(1);
      expect(messages[0]).toContain(`expected a metric of this scenario; found "${metric}"`);
      expect(messages[0]).toContain(
        '  this scenario has cpu_per_request, cpu_user_per_request, cpu_system_per_request, latency_p50,',
      );
      expect(messages[0]).toContain('answer_bytes, latency_over_10ms');
    },
  );

  it('name the nearest metric, and each one once', async () => {
    const gate = '[{ metric: cpu_per_requests }, { metric: startup }, { metric: startup }, { metric: 5 }]';

    const problems = await problemsOf(yml({ scenario: `${REQUESTS}, gate: ${gate}` }));

    expect(problems.map((problem) => problem.replace(/ {2}this scenario has.*/, ''))).toEqual([
      'perf-ci.yml:4:58  scenarios[0].gate[0].metric: expected a metric of this scenario; found "cpu_per_requests"; did you mean "cpu_per_request"?',
      'perf-ci.yml:4:109  scenarios[0].gate[2].metric: duplicate metric "startup"  keep one threshold for each metric',
      'perf-ci.yml:4:130  scenarios[0].gate[3].metric: expected the name of a metric; found 5',
    ]);
  });
});

describe('thresholds', () => {
  const scenario = (gate: string): string =>
    yml({
      scenario: `${REQUESTS}, load: { slow_limits: [10ms] }, custom: [{ name: x, printed: x }], gate: [{ ${gate} }]`,
    });

  it.each([
    ['metric: startup, threshold: 0.09', 'expected a percent between 0.1 and 100; found 0.09'],
    ['metric: startup, threshold: 101', 'expected a percent between 0.1 and 100; found 101'],
    ['metric: startup, threshold: 1e308', 'expected a percent between 0.1 and 100; found 1e+308'],
    ['metric: latency_over_10ms', 'missing; expected percentage points between 0.01 and 100'],
    [
      'metric: latency_over_10ms, threshold: 0.001',
      'expected percentage points between 0.01 and 100; found 0.001',
    ],
    [
      'metric: memory_growth',
      'missing; expected a difference in the unit of memory_growth, above 0 and at most 1e12',
    ],
    [
      'metric: custom_x, threshold: 1e13',
      'expected a difference in the unit of custom_x, above 0 and at most 1e12; found 10000000000000',
    ],
    ['metric: custom_x, threshold: -1', 'expected a number above 0, e.g. 3; found -1'],
  ])('refuse { %s }', async (gate, expected) => {
    expect(await messagesOf(scenario(gate))).toEqual([`scenarios[0].gate[0].threshold: ${expected}`]);
  });

  it.each([
    ['metric: startup, threshold: 0.1', 0.001],
    ['metric: latency_over_10ms, threshold: 0.5', 0.005],
    ['metric: latency_over_10ms, threshold: 0.01', 0.0001],
    ['metric: memory_growth, threshold: 64', 64],
    ['metric: custom_x, threshold: 0.001', 0.001],
    ['metric: custom_x, threshold: 1e12', 1e12],
  ])('read { %s } as %d', async (gate, threshold) => {
    const config = await configOf(scenario(gate));

    expect(config.scenarios[0]?.gates[0]?.threshold).toBeCloseTo(threshold, 12);
  });
});
