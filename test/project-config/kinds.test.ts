import { describe, expect, it } from 'vitest';
import { configOf, messagesOf, problemsOf, yml } from './read-config.ts';

const PROTO = `syntax = "proto3";
import "google/protobuf/timestamp.proto"; // import "evil.proto";
package ranking.v1;
/* service Old { rpc Rank(Query) returns (Ranking); } */
message rpc { message service { int32 stream = 1; } }
service Ranker {
  option (a) = { b: "service Fake { rpc X(A) returns (A); }" };
  rpc Rank ( .ranking.v1.Query ) returns (Ranking) { option deprecated = true; }
  rpc Watch (Query) returns (stream Ranking);
  rpc Push(stream Query) returns (Ranking) {}
}
service Other { rpc Ping(Query) returns (Query); }
`;
const CALL = 'proto_file: api/r.proto, service: ranking.v1.Ranker, method: Rank';

const grpc = (inner: string, rest = ''): string => yml({ scenario: `name: a, grpc: { ${inner} }${rest}` });
const command = (inner: string, rest = ''): string =>
  `version: 1\nservice: {}\nscenarios:\n  - { name: a, command: { ${inner} }${rest} }\n`;

describe('a scenario', () => {
  it('is of exactly one kind', async () => {
    const both = await problemsOf(
      yml({ scenario: 'name: a, requests: [{ path: / }], command: { run: [a] }' }),
    );

    expect(both).toEqual([
      'perf-ci.yml:4:41  scenarios[0].command: expected one of requests, requests_file, grpc, command; found requests and command',
    ]);
  });
});

describe('a gRPC scenario', () => {
  it('has the text of the proto file, service, method and messages', async () => {
    const config = await configOf(
      grpc(`${CALL}, messages: [{ message: { user_id: 1 }, weight: 9 }, { message: {} }]`),
      { 'api/r.proto': PROTO },
    );

    expect(config.scenarios[0]).toMatchObject({
      kind: 'grpc',
      requests: [],
      grpc: {
        proto: PROTO,
        service: 'ranking.v1.Ranker',
        method: 'Rank',
        messages: [{ message: { user_id: 1 }, weight: 9 }, { message: {} }],
      },
    });
  });

  it('takes messages and its reason from a file, whose problems have their places', async () => {
    const good = await configOf(grpc(`${CALL}, messages_file: m.json`), {
      'api/r.proto': PROTO,
      'm.json': '{"why": "Calls.", "seed": 1, "messages": [{"message": {"a": [1]}}]}',
    });
    const bad = await problemsOf(grpc(`${CALL}, messages_file: m.json`), {
      'api/r.proto': PROTO,
      'm.json': '{"messages": [{"message": 1},\n{"mesage": {}}]}',
    });

    expect(good.scenarios[0]?.why).toBe('Calls.');
    expect(good.scenarios[0]?.grpc?.messages).toEqual([{ message: { a: [1] } }]);
    expect(bad).toEqual([
      'm.json:1:27  messages[0].message: expected a mapping of field names to values; found 1',
      'm.json:2:1  messages[1].message: missing; expected a mapping of field names to values',
      'm.json:2:2  messages[1].mesage: unknown key; did you mean "message"?  known keys here: message, weight',
    ]);
  });

  it.each([
    ['service: Ranker, method: Rank', 'service: expected a service of the proto file; found "Ranker"'],
    [
      'service: ranking.v1.Ranker, method: rank',
      'method: expected a method of ranking.v1.Ranker; found "rank"; did you mean "Rank"?  it has Rank, Watch, Push',
    ],
    [
      'service: ranking.v1.Ranker, method: Watch',
      'method: expected a unary method; found "Watch", which streams',
    ],
    [
      'service: ranking.v1.Ranker, method: Push',
      'method: expected a unary method; found "Push", which streams',
    ],
    [
      'service: ranking.v1.Old, method: Rank',
      'service: expected a service of the proto file; found "ranking.v1.Old"',
    ],
    ['service: "a b", method: Rank', 'service: expected a full service name such as ranking.v1.Ranker'],
  ])('refuses { %s }', async (call, expected) => {
    const text = grpc(`proto_file: api/r.proto, ${call}, messages: [{ message: {} }]`);

    const messages = await messagesOf(text, { 'api/r.proto': PROTO });

    expect(messages[0]?.startsWith(`scenarios[0].grpc.${expected}`), messages[0]).toBe(true);
  });

  it.each([
    '"other.proto"',
    'public "google/protobuf/../x.proto"',
    "weak 'google/api/http.proto'",
    '"/etc/passwd"',
  ])('refuses a proto file that imports %s', async (imported) => {
    const text = grpc('proto_file: p, service: S, method: M, messages: [{ message: {} }]');
    const proto = `import ${imported};\nservice S { rpc M(A) returns (A); }\n`;

    expect((await messagesOf(text, { p: proto }))[0]).toContain(
      'scenarios[0].grpc.proto_file: expected imports of google/protobuf only; found "',
    );
  });

  it.each([
    ['an open comment', '/*'.repeat(200_000)],
    ['open texts', '"\\'.repeat(200_000)],
    ['braces', '{'.repeat(400_000)],
    ['services', 'service A {'.repeat(40_000)],
  ])('answers a proto file of %s in time', async (_what, proto) => {
    const before = process.cpuUsage();
    const messages = await messagesOf(
      grpc('proto_file: p, service: S, method: M, messages: [{ message: {} }]'),
      { p: proto },
    );
    const { user, system } = process.cpuUsage(before);

    expect(messages).toHaveLength(1);
    expect((user + system) / 1000).toBeLessThan(1_000);
  });

  it('weighs at most 100,000 in all', async () => {
    const calls = Array.from({ length: 101 }, () => ({ message: {}, weight: 1_000 }));

    const messages = await messagesOf(grpc(`${CALL}, messages_file: m.json`), {
      'api/r.proto': PROTO,
      'm.json': JSON.stringify({ messages: calls }),
    });

    expect(messages).toEqual([
      'scenarios[0].grpc: expected weights of at most 100,000 together; found 101,000  weights are relative: divide them by a common factor',
    ]);
  });

  it('has no keys of requests, and one way to give messages', async () => {
    const rest =
      ', setup: { request: { path: / }, capture: [{ name: a, json: /a }] }, load: { protocol: http1 }, data_file: d.csv';

    const messages = await messagesOf(
      grpc(`${CALL}, messages: [{ message: {} }], messages_file: m.json`, rest),
      {
        'api/r.proto': PROTO,
        'm.json': '{"messages": [{"message": {}}]}',
        'd.csv': 'a1\nx\n',
      },
    );

    expect(messages).toEqual([
      'scenarios[0].grpc.messages_file: expected one of messages, messages_file; found messages and messages_file',
      'scenarios[0].setup: expected no setup in a grpc scenario; found one  it belongs to scenarios with requests',
      'scenarios[0].load.protocol: expected no protocol in a grpc scenario; found one  gRPC is always HTTP/2',
      'scenarios[0].data_file: expected no data_file in a grpc scenario; found one  it belongs to scenarios with requests',
    ]);
  });
});

describe('a command scenario', () => {
  it('needs no start command; its variables come on top of those of the service', async () => {
    const config = await configOf(
      `version: 1
service: { directory: jobs, env: { A: x, B: y } }
scenarios:
  - name: a
    command: { run: [node, job.ts], env: { B: z }, prepare: [make, input], timeout: 90s, outputs: [./out//a, b] }
`,
    );

    expect(config.service.start).toEqual([]);
    expect(config.scenarios[0]).toMatchObject({
      kind: 'command',
      requests: [],
      command: {
        command: ['node', 'job.ts'],
        env: { B: 'z' },
        prepare: ['make', 'input'],
        timeoutMs: 90_000,
        outputs: ['out/a', 'b'],
      },
    });
  });

  it('has defaults for all but what is run', async () => {
    const config = await configOf(command('run: [a]'));

    expect(config.scenarios[0]?.command).toEqual({
      command: ['a'],
      env: {},
      prepare: [],
      timeoutMs: 60_000,
      outputs: [],
    });
  });

  it('does not make a start command needless for the others', async () => {
    const messages = await messagesOf(`${command('run: [a]')}  - { name: b, requests: [{ path: / }] }\n`);

    expect(messages).toEqual([
      'service.start: missing; expected a list of arguments such as [node, server.ts]',
    ]);
  });

  it('has no load, no requests around it and nothing to serve', async () => {
    const rest =
      ', load: { open: { rate: 1 }, closed: {}, measured: 1s }, warm_up_mix: [{ path: / }], custom: [{ name: x, served: { path: /, pointer: /a } }]';

    const problems = await problemsOf(command('run: [a]', rest));

    const why = 'a command is started and waited for: nothing is sent to it';
    expect(problems).toEqual([
      `perf-ci.yml:4:47  scenarios[0].load.open: expected no open in a command scenario; found one  ${why}`,
      `perf-ci.yml:4:66  scenarios[0].load.closed: expected no closed in a command scenario; found one  ${why}`,
      `perf-ci.yml:4:78  scenarios[0].load.measured: expected no measured in a command scenario; found one  ${why}`,
      'perf-ci.yml:4:94  scenarios[0].warm_up_mix: expected no warm_up_mix in a command scenario; found one  it belongs to scenarios with requests',
      'perf-ci.yml:4:142  scenarios[0].custom[0].served: expected no served in a command scenario; found one  a command serves nothing: use printed',
    ]);
  });

  it.each([
    ['run: []', 'run: expected at least one argument; found an empty list'],
    ['run: node job.ts', 'run: expected a list of arguments such as [node, server.ts]; found "node job.ts"'],
    ['run: [a], outputs: [../x]', 'outputs[0]: expected a regular file inside the repository'],
    ['run: [a], outputs: [/tmp/x]', 'outputs[0]: expected a regular file inside the repository'],
    ['run: [a], env: { LD_PRELOAD: x }', 'env.LD_PRELOAD: expected no reserved variable'],
    ['run: [a], timeout: 11m', 'timeout: expected a duration of 1s to 10m, e.g. 1m; found "11m"'],
    ['prepare: [a]', 'run: missing; expected a list of arguments'],
  ])('refuses { %s }', async (inner, expected) => {
    const messages = await messagesOf(command(inner));

    expect(messages).toHaveLength(1);
    expect(messages[0]?.startsWith(`scenarios[0].command.${expected}`), messages[0]).toBe(true);
  });
});
