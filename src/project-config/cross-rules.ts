/**
 * Rules that look at more than one value. They read the unchecked data, so that they speak even where the
 * schema has found something else.
 */

import { found } from './found.ts';
import type { ConfigPath, Finding } from './problem.ts';

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mappings in the list at `key` of `holder`, with their indexes. */
export function mappingsIn(holder: unknown, key: string): { index: number; mapping: Mapping }[] {
  const values = isMapping(holder) ? holder[key] : undefined;
  if (!Array.isArray(values)) return [];
  return values.flatMap((value: unknown, index) => (isMapping(value) ? [{ index, mapping: value }] : []));
}

/** Findings over a whole perf-ci.yml. */
export function crossCheckConfig(config: unknown): Finding[] {
  const scenarios = mappingsIn(config, 'scenarios');
  const names = scenarios.map(({ index, mapping }) => ({
    path: ['scenarios', index, 'name'],
    key: typeof mapping['name'] === 'string' ? mapping['name'].normalize('NFC') : undefined,
  }));
  return [
    ...duplicates(names, 'duplicate scenario name', 'names tell results apart: give each scenario its own'),
    ...scenarios.flatMap(({ index, mapping }) => crossCheckScenario(['scenarios', index], mapping)),
  ];
}

function crossCheckScenario(path: ConfigPath, scenario: Mapping): Finding[] {
  const gates = mappingsIn(scenario, 'gate').map(({ index, mapping }) => ({
    path: [...path, 'gate', index, 'metric'],
    key: typeof mapping['metric'] === 'string' ? mapping['metric'] : undefined,
  }));
  return [
    ...oneSource(path, scenario),
    ...duplicates(gates, 'duplicate metric', 'keep one threshold for each metric'),
    ...crossCheckRequests(path, scenario),
  ];
}

/** Findings over the `requests` of a scenario or of a requests file. */
export function crossCheckRequests(path: ConfigPath, holder: unknown): Finding[] {
  return mappingsIn(holder, 'requests').flatMap(({ index, mapping: request }) => {
    const place = [...path, 'requests', index];
    const names = isMapping(request['headers']) ? Object.keys(request['headers']) : [];
    const headers = names.map((name) => ({ path: [...place, 'headers', name], key: name.toLowerCase() }));
    const both = 'body' in request && 'body_file' in request;
    return [
      ...duplicates(headers, 'duplicate header', 'the case of letters does not tell headers apart'),
      ...(both
        ? [
            {
              path: [...place, 'body_file'],
              at: 'key' as const,
              message: 'expected body or body_file; found both',
            },
          ]
        : []),
    ];
  });
}

function oneSource(path: ConfigPath, scenario: Mapping): Finding[] {
  const inline = 'requests' in scenario;
  const file = 'requests_file' in scenario;
  if (inline !== file) return [];
  if (inline)
    return [
      {
        path: [...path, 'requests_file'],
        at: 'key',
        message: 'expected requests or requests_file; found both',
      },
    ];
  return [{ path: [...path, 'requests'], message: 'missing; expected requests or requests_file' }];
}

function duplicates(
  entries: readonly { path: ConfigPath; key: string | undefined }[],
  what: string,
  fix: string,
): Finding[] {
  const seen = new Set<string>();
  return entries.flatMap(({ path, key }) => {
    if (key === undefined) return [];
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path, message: `${what} ${found(key)}`, fix }];
  });
}
