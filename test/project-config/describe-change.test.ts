import { describe, expect, it } from 'vitest';
import { describeChange } from '../../src/project-config/describe-change.ts';
import { configOf } from './read-config.ts';

const BASE = `
version: 1
service: { start: [node, server.ts], env: { SEED: "1", OLD: x } }
paths: { ignore: ["docs/**"] }
scenarios:
  - { name: everyday, requests: [{ path: / }], gate: [{ metric: cpu_per_request, threshold: 3 }, { metric: startup }] }
  - { name: tail, requests: [{ path: / }] }
`;

describe('C21: what a pull request changes in perf-ci.yml', () => {
  it('is nothing when both mean the same', async () => {
    const base = await configOf(BASE);
    const head = await configOf(`# another comment\n${BASE}pool: default\n`);

    expect(describeChange(base, head)).toEqual([]);
  });

  it('names weakened thresholds, removed gates and removed scenarios', async () => {
    const base = await configOf(BASE);
    const head = await configOf(`
version: 1
service: { start: [node, server.ts], env: { SEED: "1", OLD: x } }
paths: { ignore: ["docs/**"] }
scenarios:
  - { name: everyday, requests: [{ path: / }], gate: [{ metric: cpu_per_request, threshold: 10 }] }
  - { name: new, requests: [{ path: / }] }
`);

    expect(describeChange(base, head)).toEqual([
      'scenario everyday: threshold of cpu_per_request 3 % → 10 % (weaker)',
      'scenario everyday: gate on startup removed (weaker)',
      'scenario tail removed',
      'scenario new added',
    ]);
    expect(describeChange(head, base)).toEqual([
      'scenario everyday: threshold of cpu_per_request 10 % → 3 % (stricter)',
      'scenario everyday: gate on startup added at 3 % (stricter)',
      'scenario new removed',
      'scenario tail added',
    ]);
  });

  it('names every other difference with both values', async () => {
    const base = await configOf(BASE);
    const head = await configOf(`
version: 1
service:
  directory: api
  build: [[npm, ci]]
  build_timeout: 90s
  start: [node, "a b.ts"]
  port: 8080
  ready: { path: /ready, timeout: 1m }
  env: { SEED: "2", NEW: y }
  huge_pages: false
paths: { include: ["src/**"], ignore: ["**"] }
answers: { ignore_keys: [score], sample: 1 }
pool: arm
scenarios:
  - name: everyday
    requests: [{ path: / }, { path: /b }]
    load: { warm_up: 100ms, warm_up_requests: 1, connections: 1, measured: 1s, request_timeout: 1s }
    budget: 10s
    gate: [{ metric: cpu_per_request, threshold: 2.7 }, { metric: startup }]
  - { name: tail, requests: [{ path: / }] }
`);

    expect(describeChange(base, head)).toEqual([
      'service.directory . → api',
      'service.build none → ["npm","ci"]',
      'service.build_timeout 5m → 90s',
      'service.start ["node","server.ts"] → ["node","a b.ts"]',
      'service.port auto → 8080',
      'service.ready.path /healthz → /ready',
      'service.ready.timeout 20s → 1m',
      'service.env.NEW unset → y',
      'service.env.OLD x → unset',
      'service.env.SEED 1 → 2',
      'service.huge_pages true → false',
      'paths.include adds src/**',
      'paths.include drops **',
      'paths.ignore adds **',
      'paths.ignore drops docs/**',
      'answers.ignore_keys adds score',
      'answers.sample 32 → 1',
      'pool default → arm',
      'scenario everyday: requests changed (1 before, 2 after)',
      'scenario everyday: warm_up 2500ms → 100ms',
      'scenario everyday: warm_up_requests 1200 → 1',
      'scenario everyday: connections 5 → 1',
      'scenario everyday: measured 2s → 1s',
      'scenario everyday: request_timeout 10s → 1s',
      'scenario everyday: budget 2m → 10s',
      'scenario everyday: threshold of cpu_per_request 3 % → 2.7 % (stricter)',
    ]);
  });

  it('names what is loaded and how in the words of the file', async () => {
    const text = (scenario: string, rest = ''): string =>
      `version: 1\nservice: { start: [a] }\n${rest}\nscenarios: [{ name: a, ${scenario} }]\n`;
    const plain = await configOf(text('requests: [{ path: / }]'));
    const rich = await configOf(
      text(
        `requests: [{ path: /, weight: 2 }], warm_up_mix: [{ path: / }],
         setup: { request: { path: / }, capture: [{ name: t, json: /t }] },
         load: { protocol: http2, keep_alive: false, slow_limits: [10ms, 2s], open: { rate: 5 }, closed: {}, memory_after_gc: false },
         custom: [{ name: x, printed: "x: " }],
         gate: [{ metric: cpu_per_request, threshold: 3 }, { metric: latency_over_10ms, threshold: 0.5 }, { metric: memory_growth, threshold: 64 }, { metric: custom_x, threshold: 2 }]`,
        'answers: { ranking: { items: /ids } }\ndiagnosis: { profile: false }',
      ),
    );

    expect(describeChange(plain, rich)).toEqual([
      'answers.ranking added',
      'diagnosis.profile true → false',
      'scenario a: requests changed (1 before, 1 after)',
      'scenario a: warm_up_mix added',
      'scenario a: setup added',
      'scenario a: protocol http1 → http2',
      'scenario a: keep_alive true → false',
      'scenario a: slow_limits none → 10ms 2s',
      'scenario a: open none → 5 a second, poisson, 5s',
      'scenario a: closed none → 2000 requests over 10 connections',
      'scenario a: memory_after_gc true → false',
      'scenario a: custom.x added',
      'scenario a: gate on latency_over_10ms added at 0.5 percentage points (stricter)',
      'scenario a: gate on memory_growth added at 64 bytes a request (stricter)',
      'scenario a: gate on custom_x added at 2 (stricter)',
    ]);
    expect(describeChange(rich, rich)).toEqual([]);
    expect(describeChange(rich, plain)).toContain('scenario a: warm_up_mix removed');
  });

  it('names another kind once, and what changes within a kind', async () => {
    const text = (scenario: string): string =>
      `version: 1\nservice: { start: [a], ready: { by: tcp } }\nscenarios: [{ name: a, ${scenario} }]\n`;
    const proto = 'service S { rpc M(A) returns (A); rpc N(A) returns (A); }';
    const calls = await configOf(
      text('grpc: { proto_file: p, service: S, method: M, messages: [{ message: {} }] }'),
      { p: proto },
    );
    const otherCalls = await configOf(
      text('grpc: { proto_file: p, service: S, method: N, messages: [{ message: { a: 1 } }] }'),
      { p: `${proto} ` },
    );
    const job = await configOf(text('command: { run: [a], env: { A: x }, outputs: [o] }'));
    const otherJob = await configOf(text('command: { run: [b], prepare: [p], timeout: 5s, outputs: [q] }'));

    expect(describeChange(calls, otherCalls)).toEqual([
      'scenario a: grpc.proto_file changed',
      'scenario a: grpc.method M → N',
      'scenario a: grpc.messages changed (1 before, 1 after)',
    ]);
    expect(describeChange(calls, job)).toEqual([
      'scenario a: kind grpc → command',
      'scenario a: gate on cpu_per_request removed (weaker)',
      'scenario a: gate on cpu_time added at 3 % (stricter)',
    ]);
    expect(describeChange(job, otherJob)).toEqual([
      'scenario a: command.run ["a"] → ["b"]',
      'scenario a: command.env.A x → unset',
      'scenario a: command.prepare none → ["p"]',
      'scenario a: command.timeout 1m → 5s',
      'scenario a: command.outputs adds q',
      'scenario a: command.outputs drops o',
    ]);
  });

  it('clips long values and counts what is beyond fifty', async () => {
    const variables = Array.from({ length: 50 }, (_, index) => `V${index}: "${'x'.repeat(300)}"`).join(', ');
    const base = await configOf(BASE);
    const head = await configOf(BASE.replace('SEED: "1", OLD: x', variables).replace('tail', 'other'));

    const differences = describeChange(base, head);

    expect(differences).toHaveLength(51);
    expect(differences.at(-1)).toBe('4 more differences');
    expect(Math.max(...differences.map((difference) => difference.length))).toBe(200);
  });
});
