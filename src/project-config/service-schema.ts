/** How a tree becomes a running service. */

import { z } from 'zod';
import { command, variables } from './command-line.ts';
import { described, duration, flag, list, mapping } from './leaves.ts';
import { expecting, obeying } from './objection.ts';
import { objectToDirectory } from './text-rules.ts';
import { objectToUrlPath } from './url-path.ts';

const PORT_RULE = '1024..65535 or auto';

const port = described(
  z.union(
    [
      z.literal('auto', expecting(PORT_RULE)),
      z.int(expecting(PORT_RULE)).min(1024, expecting(PORT_RULE)).max(65_535, expecting(PORT_RULE)),
    ],
    expecting(PORT_RULE),
  ),
  {
    description:
      'The port on which the service listens: each side is told its own in the variable PORT, since both run at once. `auto`: two free ports; a number: that port and its neighbour.',
    bounds: PORT_RULE,
    example: 8080,
  },
);

/** The path of a request, percent-encoded later where needed. */
export const urlPath = z
  .string(expecting('a path that starts with one slash'))
  .superRefine(obeying(objectToUrlPath));

const ready = mapping(
  {
    path: described(urlPath, {
      description: 'Path that answers 2xx as soon as the service is ready for load.',
      bounds: 'a path, no host',
      example: '/healthz',
    }).prefault('/healthz'),
    by: described(z.enum(['http', 'tcp'], expecting('http or tcp')), {
      description:
        '`http`: a 2xx answer on `path`. `tcp`: the port accepts a connection; for services without HTTP.',
      bounds: 'http, tcp',
      example: 'tcp',
    }).prefault('http'),
    timeout: duration('1s', '5m', {
      description: 'A side that is not ready after this time has failed to start.',
      example: '20s',
    }).prefault('20s'),
  },
  { description: 'How it is seen that the service is ready.' },
);

const DIRECTORY_RULE = 'a directory inside the repository, relative to its root';

/** The service as written. */
export const service = mapping(
  {
    directory: described(z.string(expecting(DIRECTORY_RULE)).superRefine(obeying(objectToDirectory)), {
      description: 'Directory in which build, start and the commands of command scenarios run.',
      bounds: DIRECTORY_RULE,
      example: 'ranking-service',
    }).prefault('.'),
    build: list(
      command('One command of the build.', ['npm', 'ci', '--ignore-scripts']),
      { min: 0, max: 20, one: 'command', many: 'commands' },
      {
        description: 'Commands that build a tree, run once for each tree.',
        example: [['npm', 'ci', '--ignore-scripts']],
      },
    ).prefault([]),
    build_timeout: duration('1s', '1h', {
      description: 'Time for all build commands of one tree together.',
      example: '5m',
    }).prefault('5m'),
    start: command(
      'Command that starts the service in the foreground; it ends on SIGTERM. Needed unless every scenario is a command.',
      ['node', 'server.ts'],
    ).optional(),
    port: port.prefault('auto'),
    ready: ready.prefault({}),
    env: variables(
      'Environment variables for build and start, the same on both sides. Nothing else of the host is passed on.',
    ).prefault({}),
    huge_pages: flag({
      description:
        'Huge pages for malloc on both sides, where glibc can: measurements scatter less. Turn it off for a service that must not have them.',
      example: false,
    }).prefault(true),
  },
  { description: 'How a tree becomes a running service. Commands are argument lists, never shell text.' },
);
