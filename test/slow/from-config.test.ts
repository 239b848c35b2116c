import { afterEach, expect, it } from 'vitest';

import { measurePair } from '../../src/measure/pair.ts';
import { Slots } from '../../src/measure/slots.ts';
import { fixtureSlots, RANKER_PROTO } from '../measure/load/helpers.ts';
import { trialsOf } from '../measure/load/pairs.ts';
import { configOf, type Files } from '../project-config/read-config.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const BRIEF = 'warm_up: 100ms, warm_up_requests: 20, connections: 2, measured: 200ms, memory_after_gc: false';
const LOGIN = `setup:
      request: { method: POST, path: /login, form: { user: ann } }
      capture: [{ name: token, json: /session/token }]`;

interface Case {
  service: string;
  scenario: string;
  files?: Files;
  /** Requests or output files whose answers are compared. */
  compared: number;
  metrics: string[];
}

/** What a project writes, from its perf-ci.yml through to the figures of both sides. */
it.each<[string, Case]>([
  [
    'a mix of methods, bodies, weights, statuses and headers over HTTP/1.1, with both loops and slow limits',
    {
      service: 'shop.mjs',
      scenario: `load: { ${BRIEF}, slow_limits: [500ms], open: { rate: 50, duration: 500ms }, closed: { connections: 2, requests: 40 } }
    warm_up_mix: [{ path: /missing, expect: [404] }]
    requests:
      - { path: /, weight: 3, headers: { accept-language: en } }
      - { path: /missing, expect: [404] }
      - { method: POST, path: /size, body: { query: shoes } }
      - { method: PUT, path: /size, body_base64: AAEC/w== }
      - { method: POST, path: /size, body_file: image.bin, binary: true }`,
      files: { 'image.bin': '\0\u0001' },
      compared: 5,
      metrics: ['throughput', 'open_latency_p999', 'latency_p95', 'answer_bytes'],
    },
  ],
  [
    'a login by form, its token and a data file, a new connection each',
    {
      service: 'shop.mjs',
      scenario: `load: { ${BRIEF}, keep_alive: false }
    ${LOGIN}
    data_file: rows.csv
    requests:
      - { method: POST, path: '/mine?row={{row}}', body: { token: '{{token}}' } }`,
      files: { 'rows.csv': 'row\n1\n2\n3\n' },
      compared: 3,
      metrics: ['latency_p999'],
    },
  ],
  [
    'HTTP/2',
    {
      service: 'h2.mjs',
      scenario: `load: { ${BRIEF}, protocol: http2 }
    requests: [{ path: /a }, { method: POST, path: /b, body: text }]`,
      compared: 2,
      metrics: ['latency_p95'],
    },
  ],
  [
    'gRPC',
    {
      service: 'grpc.mjs',
      scenario: `load: { ${BRIEF} }
    grpc:
      proto_file: ranker.proto
      service: ranking.v1.Ranker
      method: Rank
      messages: [{ message: { user_id: 1, k: 3 }, weight: 9 }, { message: { k: 1 } }]`,
      files: { 'ranker.proto': RANKER_PROTO },
      compared: 2,
      metrics: ['latency_p95'],
    },
  ],
  [
    'a command with its output and a printed number',
    {
      service: 'shop.mjs',
      scenario: `command:
      prepare: [node, -e, "require('fs').writeFileSync('in', 'x'.repeat(1000))"]
      run: [node, -e, "require('fs').writeFileSync('out', require('fs').readFileSync('in')); console.log('rows: 7')"]
      outputs: [out]
    custom: [{ name: rows, printed: 'rows: ' }]`,
      compared: 1,
      metrics: ['cpu_time', 'wall_time', 'custom_rows'],
    },
  ],
])('%s is measured as perf-ci.yml says', async (_what, { service, scenario, files, compared, metrics }) => {
  const config = await configOf(
    `version: 1
service: { start: [node, start.mjs], ready: { by: tcp, timeout: 10s } }
scenarios:
  - name: all
    ${scenario}
`,
    files,
  );
  const { folder, remove } = await fixtureSlots(service);
  cleanups.push(remove);
  const pair = await measurePair(
    { config, slots: new Slots(folder, ''), pinning: undefined, path: process.env['PATH'] ?? '' },
    config.scenarios[0]!,
    { scenario: 'all', pairNo: 1, stage: 'explore', seed: 5 },
  );

  for (const trial of trialsOf(pair)) {
    expect(trial.cpuUs).toBeGreaterThan(0);
    for (const metric of metrics) expect(trial.figures).toHaveProperty(metric, expect.any(Number));
  }
  expect(pair.answers).toMatchObject({ compared, different: 0 });
});
