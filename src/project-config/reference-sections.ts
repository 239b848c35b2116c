/** The sections of docs/configuration.md: what is said around the keys. */

import { METRICS, metricOf, type Metric } from '../domain/metric.ts';
import { code, table } from './markdown.ts';

const THRESHOLD_UNITS = { ratio: 'percent', share: 'percentage points', difference: 'its own unit' } as const;

/** Which scenarios have a metric, beside the kind that its name tells. */
function presence(name: string): string {
  if (['wall_time', 'cpu_time', 'bytes_written'].includes(name)) return 'commands';
  if (name.startsWith('custom_')) return '`custom`';
  if (name.startsWith('open_latency_over')) return '`load.slow_limits` and `load.open`';
  if (name.startsWith('latency_over')) return '`load.slow_limits`';
  if (name.startsWith('open_') || name === 'event_loop_delay') return '`load.open`';
  if (name === 'throughput') return '`load.closed`';
  if (name === 'errors') return '`load.open` or `load.closed`';
  return name === 'memory_peak' ? 'all' : 'requests, gRPC';
}

function metricTable(): string {
  const own: readonly Metric[] = [
    metricOf('latency_over_10ms'),
    metricOf('open_latency_over_10ms'),
    { ...metricOf('custom_misses'), title: 'your title' },
  ];
  const rows = [...METRICS, ...own].map((metric) => [
    metric.title,
    code(metric.name),
    presence(metric.name),
    metric.better,
    metric.name === 'memory_growth' ? 'bytes a request' : THRESHOLD_UNITS[metric.scale],
    metric.obtained,
  ]);
  return table(
    ['Shown as', 'Metric', 'Scenarios that have it', 'Better', 'Threshold in', 'How it is obtained'],
    rows,
  );
}

/** One section. */
export interface Section {
  title: string;
  /** Keys of this section start with it and have no further section of their own. */
  prefix: string;
  introduction: string;
  /** Shown behind the keys. */
  appendix?: string;
}

/** In the order of the page. */
export const SECTIONS: readonly Section[] = [
  { title: 'The file', prefix: '', introduction: 'Keys without a default are required.' },
  {
    title: 'service',
    prefix: 'service.',
    introduction:
      'How a tree becomes a running service. Base and head are built and started in the same way.',
  },
  {
    title: 'paths',
    prefix: 'paths.',
    introduction:
      'A changed file matters if a glob of `include` matches it and none of `ignore` does. `*` and `?` stay within one directory, `**` as a whole segment crosses directories, names that start with a dot are matched like others, and `[a-z]` and `{a,b}` are alternatives. Write a directory as `docs/**`. A glob has at most 200 characters, two `**`, two `*` in a segment, four wildcards and two `{}` in all; groups in parentheses and negation are not known.',
  },
  {
    title: 'answers',
    prefix: 'answers.',
    introduction:
      'Before anything is measured, the answers of base and head to the same requests are compared.',
  },
  {
    title: 'diagnosis',
    prefix: 'diagnosis.',
    introduction: 'It is reported beside the verdict and never decides.',
  },
  {
    title: 'scenarios',
    prefix: 'scenarios[].',
    introduction:
      'Each scenario has exactly one of `requests`, `requests_file`, `grpc` and `command`. A `command` has no `load`; `data_file`, `setup` and `warm_up_mix` belong to scenarios with requests.',
  },
  {
    title: 'requests',
    prefix: 'scenarios[].requests[].',
    introduction:
      'In perf-ci.yml or in a requests file, which is JSON: `{"why": "…", "requests": [{"method": "GET", "path": "/"}]}`; it may also hold `name` and `seed`, which are not read. Each request has at most one of `body`, `body_file`, `body_base64` and `form`.',
  },
  {
    title: 'setup and data files',
    prefix: 'scenarios[].setup.',
    introduction:
      'In a scenario with `setup` or `data_file`, `{{name}}` in path, headers, body, text body file and form stands for a captured value or for a column; a name that is neither is refused. In other scenarios braces are text like any other.',
    appendix: `- Every request is sent for each row, in the order of the rows: at most 10,000 rows, 10,000 requests after that, and weights of 100,000 in all.
- In a path a value is percent-encoded, slashes included. In a JSON body it is escaped as JSON text; in headers, form fields and other
  bodies it stands as it is. Form fields are percent-encoded as always. A text is a JSON body if its content type says so or, without a
  content type, if it begins with \`{\` or \`[\`.
- CSV values are texts. JSON lines hold one object a line with the same keys, and a JSON text that is nothing but \`"{{name}}"\` becomes the
  value itself, so that numbers stay numbers. With CSV, write such a body as text: \`body: '{"id": {{id}}}'\` with the header
  \`content-type: application/json\`.
- Captured values are put in when the requests are sent; the rows of a data file beside \`setup\` hold no \`{{\`.`,
  },
  {
    title: 'load',
    prefix: 'scenarios[].load.',
    introduction:
      'A pair of fresh processes is warmed up, measured one request at a time in turns, and then, where asked for, loaded by `open` and `closed`. These further phases come after the CPU time has been read, so they do not change it; they do lengthen a pair.',
  },
  {
    title: 'grpc',
    prefix: 'scenarios[].grpc.',
    introduction:
      'Unary calls over HTTP/2 without TLS. Each scenario has one of `messages` and `messages_file`; service and method are looked up in the proto file when the configuration is checked.',
  },
  {
    title: 'command',
    prefix: 'scenarios[].command.',
    introduction:
      'Base and head run in turns, each in its own tree. Where every scenario is a command, `service.start` is left out.',
  },
  {
    title: 'custom numbers',
    prefix: 'scenarios[].custom[].',
    introduction:
      'Each number has one of `served` and `printed`. A command can only print. Numbers are compared by their difference, in their own unit.',
  },
  {
    title: 'gates and metrics',
    prefix: 'scenarios[].gate[].',
    introduction:
      'A gate names a metric that its scenario has. Every metric is shown; tails scatter ten to thirty times more than CPU time, so they decide only where they are named here. `threshold` has the unit in the table.',
    appendix: metricTable(),
  },
];
