/** Examples of docs/configuration.md, each with the files that it names: they are parsed by the tests. */

/** A part of a perf-ci.yml; what is not shown is `version`, and `service` or `scenarios` where they are left out. */
export interface ReferenceExample {
  /** Prefix of the section's keys. */
  section: string;
  yaml: string;
  files?: Readonly<Record<string, string>>;
}

/** In the order of the sections. */
export const REFERENCE_EXAMPLES: readonly ReferenceExample[] = [
  {
    section: 'service.',
    yaml: `service:
  directory: api
  build:
    - [npm, ci, --ignore-scripts]
  start: [node, server.ts]
  ready: { by: tcp, timeout: 30s }
  env: { SEED: '1' }
`,
  },
  {
    section: 'paths.',
    yaml: `paths:
  include: ['api/**', 'lib/**']
  ignore: ['**/*.md']
`,
  },
  {
    section: 'answers.',
    yaml: `answers:
  ignore_keys: [requestId, tookMs]
  ranking:
    items: /results # best first
    id: /id
    scores: { in_item: /score }
    k: 20
`,
  },
  {
    section: 'diagnosis.',
    yaml: `diagnosis:
  instructions: false # the service does not run under valgrind
`,
  },
  {
    section: 'scenarios[].',
    yaml: `scenarios:
  - name: search
    why: Nine of ten requests of an ordinary minute.
    requests_file: benchmarks/search.json
    warm_up_mix:
      - { path: /search?q=warm }
    budget: 3m
`,
    files: { 'benchmarks/search.json': '{"requests": [{"path": "/search?q=a"}]}' },
  },
  {
    section: 'scenarios[].requests[].',
    yaml: `scenarios:
  - name: shop
    requests:
      - { path: /items/1, weight: 9 }
      - { path: /items/none, expect: [404] }
      - { method: POST, path: /orders, body: { item: 1, count: 2 } }
      - { method: POST, path: /newsletter, form: { mail: ann@example.org } }
      - { method: PUT, path: /images/1, body_file: benchmarks/image.png, binary: true }
      - { method: POST, path: /bytes, body_base64: AAEC/w== }
`,
    files: { 'benchmarks/image.png': '\u0089PNG' },
  },
  {
    section: 'scenarios[].setup.',
    yaml: `scenarios:
  - name: own-orders
    setup:
      request: { method: POST, path: /login, form: { user: ann, password: example } }
      capture:
        - { name: token, json: /session/token }
    data_file: benchmarks/orders.csv # a header line with the columns order and note, then a line for each row
    requests:
      - path: /orders/{{order}}
        headers: { authorization: 'Bearer {{token}}' }
      - method: POST
        path: /orders/{{order}}/notes
        headers: { authorization: 'Bearer {{token}}' }
        body: { text: '{{note}}' }
`,
    files: { 'benchmarks/orders.csv': 'order,note\r\n17,"said ""yes"", then left"\r\n18,none\r\n' },
  },
  {
    section: 'scenarios[].load.',
    yaml: `scenarios:
  - name: steady
    requests: [{ path: / }]
    load:
      protocol: http2
      slow_limits: [10ms, 50ms]
      open: { rate: 200, arrivals: poisson, duration: 5s }
      closed: { connections: 10, requests: 5000 }
`,
  },
  {
    section: 'scenarios[].grpc.',
    yaml: `service:
  start: [node, ranker.ts]
  ready: { by: tcp }
scenarios:
  - name: rank-calls
    grpc:
      proto_file: api/ranker.proto
      service: ranking.v1.Ranker
      method: Rank
      messages:
        - { message: { user_id: 1, k: 20 }, weight: 9 }
        - { message: { user_id: 2, k: 100 } }
`,
    files: {
      'api/ranker.proto':
        'syntax = "proto3";\npackage ranking.v1;\nservice Ranker { rpc Rank(Query) returns (Ranking); }\nmessage Query { int64 user_id = 1; int32 k = 2; }\nmessage Ranking { repeated int64 ids = 1; }\n',
    },
  },
  {
    section: 'scenarios[].command.',
    yaml: `service:
  directory: pipeline # no start: nothing listens
scenarios:
  - name: build-features
    command:
      run: [node, build-features.ts, --out, out]
      prepare: [node, make-events.ts, --seed, '1']
      timeout: 90s
      outputs: [out/features.bin]
    gate:
      - { metric: cpu_time, threshold: 3 }
      - { metric: memory_peak, threshold: 10 }
`,
  },
  {
    section: 'scenarios[].custom[].',
    yaml: `scenarios:
  - name: cached
    requests: [{ path: / }]
    custom:
      - { name: misses, unit: rows, served: { path: /metrics.json, pointer: /cache/misses } }
      - { name: hit_share, title: hit share, unit: '%', better: higher, printed: 'hit share: ' }
    gate:
      - { metric: custom_misses, threshold: 100 } # rows
`,
  },
  {
    section: 'scenarios[].gate[].',
    yaml: `scenarios:
  - name: everyday
    requests: [{ path: / }]
    load:
      slow_limits: [50ms]
      open: { rate: 100 }
    gate:
      - { metric: cpu_per_request, threshold: 3 } # percent
      - { metric: open_latency_p99, threshold: 20 } # percent; tails scatter
      - { metric: latency_over_50ms, threshold: 0.5 } # percentage points
      - { metric: memory_growth, threshold: 64 } # bytes a request
`,
  },
];
