/** Which metrics of a scenario decide, and from which change on. */

import { z } from 'zod';
import { METRICS } from '../domain/metric.ts';
import { described, list, mapping } from './leaves.ts';
import { expecting } from './objection.ts';

/** What editors complete; the other names hold a limit or a name of the project's own. */
const METRIC_FORMS = [
  { enum: METRICS.map(({ name }) => name) },
  { pattern: String.raw`^(open_)?latency_over_\d{1,5}ms$` },
  { pattern: String.raw`^custom_[A-Za-z]\w{0,40}$` },
];

// Whether the scenario has the metric is looked at across keys, where its own names are known too.
const metric = z.string(expecting('the name of a metric')).meta({
  description: 'The metric that decides: one that this scenario has.',
  bounds: 'see the table of metrics',
  examples: ['cpu_per_request'],
  anyOf: METRIC_FORMS,
});

const THRESHOLD_WORDS = expecting('a number above 0, e.g. 3');

const gate = mapping(
  {
    metric,
    threshold: described(z.number(THRESHOLD_WORDS).gt(0, THRESHOLD_WORDS).optional(), {
      description:
        'Change for the worse from which on, once confirmed, the pull request fails: in percent, percentage points or the metric’s own unit, see the table of metrics. Default 3 where it is in percent.',
      bounds: '0.1 to 100 percent; 0.01 to 100 points; above 0 in a unit of its own',
      example: 3,
    }),
  },
  { description: 'One metric that decides, and its limit.' },
);

/** The percent from which on a metric compared as a ratio fails where nothing else is said. */
export const DEFAULT_PERCENT = 3;

/** The gates of a scenario as written. */
export const gates = list(
  gate,
  { min: 0, max: 50, one: 'gate', many: 'gates' },
  {
    description:
      'The metrics that decide. Default: `cpu_per_request`, of a command `cpu_time`, at 3 percent. An empty list makes the scenario informational: shown, never failing.',
    example: [{ metric: 'cpu_per_request', threshold: 3 }],
  },
);

/** Gates that the schema has accepted. */
export type GatesYml = z.output<typeof gates>;
