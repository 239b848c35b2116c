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
      'scenario everyday: measured 3s → 1s',
      'scenario everyday: request_timeout 10s → 1s',
      'scenario everyday: budget 2m → 10s',
      'scenario everyday: threshold of cpu_per_request 3 % → 2.7 % (stricter)',
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
