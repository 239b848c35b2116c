/** Rules that look at more than one value of a scenario. They read the unchecked data. */

import { durationMs, durationText } from './duration.ts';
import { crossCheckGates } from './gate-rules.ts';
import { found } from './found.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { KINDS } from './scenario-schema.ts';
import {
  atMostOne,
  duplicates,
  exactlyOne,
  isMapping,
  mappingAt,
  mappingsIn,
  textsIn,
  type Mapping,
} from './unchecked.ts';

/** Lists of requests in a scenario; a requests file has the first. */
const REQUEST_LISTS = ['requests', 'warm_up_mix'] as const;

/** Every request in `holder`, a scenario or a requests file, with its place. */
export function requestsIn(path: ConfigPath, holder: unknown): { path: ConfigPath; request: Mapping }[] {
  const listed = REQUEST_LISTS.flatMap((list) =>
    mappingsIn(holder, list).map(({ index, mapping }) => ({
      path: [...path, list, index],
      request: mapping,
    })),
  );
  const login = mappingAt(mappingAt(holder, 'setup'), 'request');
  return login === undefined ? listed : [...listed, { path: [...path, 'setup', 'request'], request: login }];
}

/** Findings over one scenario. */
export function crossCheckScenario(path: ConfigPath, scenario: Mapping): Finding[] {
  const grpc = mappingAt(scenario, 'grpc');
  return [
    ...exactlyOne(path, scenario, KINDS),
    ...atMostOne(path, scenario, ['warm_up_mix', 'warm_up_mix_file']),
    ...(grpc === undefined ? [] : exactlyOne([...path, 'grpc'], grpc, ['messages', 'messages_file'])),
    ...notForThisKind(path, scenario),
    ...crossCheckRequests(path, scenario),
    ...crossCheckCaptures(path, scenario),
    ...crossCheckCustom(path, scenario),
    ...crossCheckSlowLimits(path, scenario),
    ...crossCheckGates(path, scenario),
  ];
}

const ONE_BODY = ['body', 'body_file', 'body_base64', 'form'] as const;

/** Findings over the requests of a scenario or of a requests file. */
export function crossCheckRequests(path: ConfigPath, holder: unknown): Finding[] {
  return requestsIn(path, holder).flatMap(({ path: place, request }) => {
    const names = isMapping(request['headers']) ? Object.keys(request['headers']) : [];
    const headers = names.map((name) => ({ path: [...place, 'headers', name], key: name.toLowerCase() }));
    const needsFile = request['binary'] === true && !('body_file' in request);
    return [
      ...duplicates(headers, 'duplicate header', 'the case of letters does not tell headers apart'),
      ...atMostOne(place, request, ONE_BODY),
      ...(needsFile
        ? [
            {
              path: [...place, 'binary'],
              at: 'key' as const,
              message: 'expected body_file beside binary; found none',
            },
          ]
        : []),
    ];
  });
}

const HTTP_ONLY = ['data_file', 'setup', 'warm_up_mix', 'warm_up_mix_file'];

/** Keys that say nothing in a scenario of this kind: someone expects something of them. */
function notForThisKind(path: ConfigPath, scenario: Mapping): Finding[] {
  const kind = 'command' in scenario ? 'command' : 'grpc' in scenario ? 'grpc' : undefined;
  if (kind === undefined) return [];
  const refused = (place: ConfigPath, key: string, fix: string): Finding => ({
    path: [...place, key],
    at: 'key',
    message: `expected no ${key} in a ${kind} scenario; found one`,
    fix,
  });
  const ofRequests = HTTP_ONLY.filter((key) => key in scenario).map((key) =>
    refused(path, key, 'it belongs to scenarios with requests'),
  );
  const load = mappingAt(scenario, 'load') ?? {};
  const loadPath = [...path, 'load'];
  if (kind === 'grpc') {
    const plain =
      load['protocol'] === 'http1' ? [refused(loadPath, 'protocol', 'gRPC is always HTTP/2')] : [];
    return [...ofRequests, ...plain];
  }
  const ofLoad = Object.keys(load).map((key) =>
    refused(loadPath, key, 'a command is started and waited for: nothing is sent to it'),
  );
  const served = mappingsIn(scenario, 'custom')
    .filter(({ mapping }) => 'served' in mapping)
    .map(({ index }) =>
      refused([...path, 'custom', index], 'served', 'a command serves nothing: use printed'),
    );
  return [...ofRequests, ...ofLoad, ...served];
}

function crossCheckCaptures(path: ConfigPath, scenario: Mapping): Finding[] {
  const place = [...path, 'setup'];
  const setup = mappingAt(scenario, 'setup');
  const one = mappingsIn(setup, 'capture').flatMap(({ index, mapping }) =>
    exactlyOne([...place, 'capture', index], mapping, ['json', 'header']),
  );
  const names = textsIn(place, setup, 'capture', 'name');
  return [...one, ...duplicates(names, 'duplicate name', 'give each captured value its own')];
}

function crossCheckCustom(path: ConfigPath, scenario: Mapping): Finding[] {
  const one = mappingsIn(scenario, 'custom').flatMap(({ index, mapping }) =>
    exactlyOne([...path, 'custom', index], mapping, ['served', 'printed']),
  );
  const names = textsIn(path, scenario, 'custom', 'name');
  return [...one, ...duplicates(names, 'duplicate name', 'give each number its own')];
}

/** A slower request than the timeout is an error, so the share over such a limit would always be zero. */
function crossCheckSlowLimits(path: ConfigPath, scenario: Mapping): Finding[] {
  const load = mappingAt(scenario, 'load') ?? {};
  const limits = Array.isArray(load['slow_limits']) ? (load['slow_limits'] as unknown[]) : [];
  const timeout = load['request_timeout'] ?? '10s';
  const timeoutMs = typeof timeout === 'string' ? durationMs(timeout) : undefined;
  const known = limits.map((limit, index) => ({
    path: [...path, 'load', 'slow_limits', index],
    limit,
    ms: typeof limit === 'string' ? durationMs(limit) : undefined,
  }));
  const late = known.flatMap(({ path: place, limit, ms }) =>
    ms === undefined || timeoutMs === undefined || ms < timeoutMs
      ? []
      : [
          {
            path: place,
            message: `expected a limit below request_timeout, ${durationText(timeoutMs)}; found ${found(limit)}`,
          },
        ],
  );
  const keys = known.map(({ path: place, ms }) => ({
    path: place,
    key: ms === undefined ? undefined : `${ms}ms`,
  }));
  return [...late, ...duplicates(keys, 'duplicate limit', 'keep one of them')];
}
