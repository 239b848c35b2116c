import { describe, expect, it } from 'vitest';
import { configOf, messagesOf, problemsOf, yml } from './read-config.ts';

const REQUESTS = 'name: a, requests: [{ path: / }]';

const withLoad = (load: string, rest = ''): string =>
  yml({ scenario: `${REQUESTS}, load: { ${load} }${rest}` });

describe('load', () => {
  it('has the defaults of the domain where nothing is said, and so the same hash', async () => {
    const plain = await configOf(yml({ scenario: REQUESTS }));
    const told = await configOf(
      withLoad('protocol: http1, keep_alive: true, memory_after_gc: true, measured: 2s'),
    );

    expect(told).toEqual(plain);
  });

  it('has every way in which a service is loaded', async () => {
    const config = await configOf(
      withLoad(
        'protocol: http2, keep_alive: false, memory_after_gc: false, slow_limits: [10ms, 1s], open: { rate: 200, arrivals: fixed, duration: 1500ms }, closed: { connections: 3, requests: 7 }',
      ),
    );

    expect(config.scenarios[0]?.load).toEqual({
      warmUpMs: 2_500,
      warmUpRequests: 1_200,
      connections: 5,
      measuredMs: 2_000,
      requestTimeoutMs: 10_000,
      protocol: 'http2',
      keepAlive: false,
      memoryAfterGc: false,
      slowLimitsMs: [10, 1_000],
      open: { ratePerSecond: 200, arrivals: 'fixed', durationMs: 1_500 },
      closed: { connections: 3, requests: 7 },
    });
  });

  it('needs no more than a rate to be open, and nothing to be closed', async () => {
    const config = await configOf(withLoad('open: { rate: 1 }, closed: {}'));

    expect(config.scenarios[0]?.load.open).toEqual({
      ratePerSecond: 1,
      arrivals: 'poisson',
      durationMs: 5_000,
    });
    expect(config.scenarios[0]?.load.closed).toEqual({ connections: 10, requests: 2_000 });
  });

  it.each([
    ['protocol: h2', 'protocol: expected http1 or http2; found "h2"'],
    ['keep_alive: "no"', 'keep_alive: expected true or false; found "no"'],
    ['open: {}', 'open.rate: missing; expected a whole number from 1 to 50,000'],
    ['open: { rate: 0.5 }', 'open.rate: expected a whole number from 1 to 50,000; found 0.5'],
    ['open: { rate: 50001 }', 'open.rate: expected a whole number from 1 to 50,000; found 50001'],
    ['open: { rate: 1, arrivals: random }', 'open.arrivals: expected poisson or fixed; found "random"'],
    [
      'open: { rate: 1, duration: 61s }',
      'open.duration: expected a duration of 500ms to 60s, e.g. 5s; found "61s"',
    ],
    ['open: 200', 'open: expected a mapping of keys to values; found 200'],
    ['open: null', 'open: expected a mapping of keys to values; found null'],
    ['closed: { connections: 0 }', 'closed.connections: expected a whole number from 1 to 1,000; found 0'],
    ['slow_limits: []', 'slow_limits: expected at least one limit; found an empty list'],
    ['slow_limits: [1ms, 2ms, 3ms, 4ms, 5ms, 6ms]', 'slow_limits: expected at most 5 limits; found 6'],
    ['slow_limits: [10]', 'slow_limits[0]: expected a duration of 1ms to 60s, e.g. 10ms; found 10'],
    ['slow_limits: [1s, 1000ms]', 'slow_limits[1]: duplicate limit "1000ms"  keep one of them'],
    ['slow_limits: [10s]', 'slow_limits[0]: expected a limit below request_timeout, 10s; found "10s"'],
    [
      'slow_limits: [2s], request_timeout: 1s',
      'slow_limits[0]: expected a limit below request_timeout, 1s; found "2s"',
    ],
    ['open: { rat: 5 }', 'open.rat: unknown key; did you mean "rate"?'],
  ])('refuses { %s }', async (load, expected) => {
    const messages = await messagesOf(withLoad(load));

    expect(
      messages.some((message) => message.startsWith(`scenarios[0].load.${expected}`)),
      messages.join('\n'),
    ).toBe(true);
    expect(messages.length).toBeLessThanOrEqual(2);
  });

  it('must fit into the budget with its open phase on both sides', async () => {
    const load = 'open: { rate: 5, duration: 3s }';

    const messages = await messagesOf(withLoad(load, ', budget: 10s'));
    const enough = await configOf(withLoad(load, ', budget: 11s'));

    expect(messages).toEqual([
      'scenarios[0].budget: expected a budget for at least one pair (warm_up + measured + twice open.duration = 10500ms); found 10s',
    ]);
    expect(enough.scenarios[0]?.budgetMs).toBe(11_000);
  });
});

describe('the warm-up mix', () => {
  it('is a list of requests or a file, not both', async () => {
    const files = { 'w.json': '{"requests": [{"path": "/w"}]}' };
    const config = await configOf(yml({ scenario: `${REQUESTS}, warm_up_mix: [{ path: /w, weight: 3 }]` }));
    const messages = await messagesOf(
      yml({ scenario: `${REQUESTS}, warm_up_mix: [{ path: /w }], warm_up_mix_file: w.json` }),
      files,
    );

    expect(config.scenarios[0]?.warmUpRequests).toEqual([
      { method: 'GET', path: '/w', headers: {}, weight: 3 },
    ]);
    expect(messages).toEqual([
      'scenarios[0].warm_up_mix_file: expected one of warm_up_mix, warm_up_mix_file; found warm_up_mix and warm_up_mix_file',
    ]);
  });

  it('is checked like the requests', async () => {
    const messages = await messagesOf(
      yml({
        scenario: `${REQUESTS}, warm_up_mix: [{ path: w, headers: { A: x, a: y }, body: x, form: {} }]`,
      }),
    );

    expect(messages.map((message) => message.split('  ')[0])).toEqual([
      'scenarios[0].warm_up_mix[0].path: expected a path that starts with one slash; found "w"',
      'scenarios[0].warm_up_mix[0].headers.a: duplicate header "a"',
      'scenarios[0].warm_up_mix[0].form: expected one of body, body_file, body_base64, form; found body and form',
    ]);
  });
});

describe('custom numbers', () => {
  it('are served or printed, with a title, a unit and a direction', async () => {
    const config = await configOf(
      yml({
        scenario: `${REQUESTS}, custom: [{ name: a, served: { path: "/m ü", pointer: "" } }, { name: B_2, title: "Größe", unit: "%", better: higher, printed: "hits: " }]`,
      }),
    );

    expect(config.scenarios[0]?.custom).toEqual([
      {
        name: 'a',
        title: 'a',
        unitLabel: '',
        better: 'lower',
        from: { kind: 'served', path: '/m%20%C3%BC', pointer: '' },
      },
      {
        name: 'B_2',
        title: 'Größe',
        unitLabel: '%',
        better: 'higher',
        from: { kind: 'printed', after: 'hits: ' },
      },
    ]);
  });

  it.each([
    ['{ name: a }', '[0].served: missing; expected one of served, printed'],
    [
      '{ name: a, printed: x, served: { path: /, pointer: /a } }',
      '[0].printed: expected one of served, printed; found served and printed',
    ],
    ['{ name: 1a, printed: x }', '[0].name: expected a name of a letter, then letters, digits and _'],
    [`{ name: ${'a'.repeat(42)}, printed: x }`, '[0].name: expected a name of a letter'],
    ['{ name: a, printed: "" }', '[0].printed: expected a text of 1 to 200 characters on one line; found ""'],
    ['{ name: a, printed: "a\\nb" }', '[0].printed: expected a text of 1 to 200 characters on one line'],
    ['{ name: a, printed: x, title: "<b>" }', '[0].title: expected a name of 1 to 100 letters'],
    ['{ name: a, printed: x, unit: "<b>" }', '[0].unit: expected a unit of at most 16 letters'],
    ['{ name: a, printed: x, better: faster }', '[0].better: expected lower or higher; found "faster"'],
    [
      '{ name: a, served: { path: a, pointer: /a } }',
      '[0].served.path: expected a path that starts with one slash',
    ],
    ['{ name: a, served: { path: /a, pointer: a } }', '[0].served.pointer: expected a JSON pointer such as'],
    [
      '{ name: a, printed: x }, { name: a, printed: y }',
      '[1].name: duplicate name "a"  give each number its own',
    ],
  ])('are refused as [%s]', async (custom, expected) => {
    const messages = await messagesOf(yml({ scenario: `${REQUESTS}, custom: [${custom}]` }));

    expect(messages).toHaveLength(1);
    expect(messages[0]?.startsWith(`scenarios[0].custom${expected}`), messages[0]).toBe(true);
  });
});

describe('readiness by TCP', () => {
  it('is asked of a port, without a path', async () => {
    const config = await configOf(yml({ service: 'start: [a], ready: { by: tcp, timeout: 2s }' }));
    const problems = await problemsOf(yml({ service: 'start: [a], ready: { by: tcp, path: /x }' }));
    const odd = await messagesOf(yml({ service: 'start: [a], ready: { by: udp }' }));

    expect(config.service.readyBy).toBe('tcp');
    expect(problems).toEqual([
      'perf-ci.yml:2:42  service.ready.path: expected no path with by: tcp; found one  remove it: a port is asked whether it accepts a connection, nothing more',
    ]);
    expect(odd).toEqual(['service.ready.by: expected http or tcp; found "udp"']);
  });
});

describe('rankings and diagnosis', () => {
  const withAnswers = (ranking: string): string => yml({ rest: `answers: { ranking: { ${ranking} } }\n` });

  it('have defaults, and are left out where nothing is said', async () => {
    const config = await configOf(withAnswers('items: /ids'));
    const plain = await configOf(yml({ rest: 'diagnosis: { profile: true, instructions: true }\n' }));
    const off = await configOf(yml({ rest: 'diagnosis: { instructions: false }\n' }));

    expect(config.answers.ranking).toEqual({ items: '/ids', id: '', k: 10 });
    expect('diagnosis' in plain).toBe(false);
    expect(off.diagnosis).toEqual({ profile: true, instructions: false });
  });

  it('have their scores in a list or in the items', async () => {
    const list = await configOf(withAnswers('items: /ids, scores: { list: /scores }, k: 20'));
    const inItem = await configOf(withAnswers('items: "", id: /id, scores: { in_item: "/a~1b" }'));

    expect(list.answers.ranking).toEqual({
      items: '/ids',
      id: '',
      scores: { kind: 'list', at: '/scores' },
      k: 20,
    });
    expect(inItem.answers.ranking).toEqual({
      items: '',
      id: '/id',
      scores: { kind: 'in-item', at: '/a~1b' },
      k: 10,
    });
  });

  it.each([
    ['id: /id', 'items: missing; expected a JSON pointer such as /items/0/id'],
    ['items: ids', 'items: expected a JSON pointer such as /items/0/id; found "ids"  begin it with a slash'],
    ['items: /a, k: 0', 'k: expected a whole number from 1 to 1,000; found 0'],
    ['items: /a, scores: {}', 'scores.list: missing; expected one of list, in_item'],
    [
      'items: /a, scores: { list: /s, in_item: /s }',
      'scores.in_item: expected one of list, in_item; found list and in_item',
    ],
    ['items: /a, scores: /s', 'scores: expected a mapping of keys to values; found "/s"'],
  ])('are refused as { %s }', async (ranking, expected) => {
    expect(await messagesOf(withAnswers(ranking))).toEqual([`answers.ranking.${expected}`]);
  });
});
