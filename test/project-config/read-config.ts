/** Short ways to parse configurations in the tests of this folder. */

import { parseProjectConfig, type ParsedConfig } from '../../src/project-config/parse.ts';
import { formatProblems } from '../../src/project-config/problem.ts';
import type { FileBlob } from '../../src/project-config/repository-files.ts';

export type Files = Readonly<Record<string, string | FileBlob>>;

/** Parses `content` beside `files`; texts stand for regular files. */
export function parse(content: string | Buffer, files: Files = {}, mode = '100644'): Promise<ParsedConfig> {
  return parseProjectConfig({ bytes: Buffer.from(content), path: 'perf-ci.yml', mode }, (path) => {
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (typeof file === 'string') return Promise.resolve({ mode: '100644', bytes: Buffer.from(file) });
    return Promise.resolve(file);
  });
}

/** The printed problems of `content`, one a line; fails if there is none. */
export async function problemsOf(
  content: string | Buffer,
  files: Files = {},
  mode = '100644',
): Promise<string[]> {
  const parsed = await parse(content, files, mode);
  if (parsed.ok) throw new Error('expected problems; found a valid configuration');
  return formatProblems(parsed.problems).split('\n');
}

/** The messages of a file without their places. */
export async function messagesOf(content: string, files: Files = {}): Promise<string[]> {
  return (await problemsOf(content, files)).map((line) => line.replace(/^perf-ci\.yml:\d+:\d+ {2}/, ''));
}

/** The configuration in `content`; fails with its problems if it is refused. */
export async function configOf(
  content: string,
  files: Files = {},
): Promise<(ParsedConfig & { ok: true })['config']> {
  const parsed = await parse(content, files);
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems));
  return parsed.config;
}

/** A valid file whose parts a test replaces; each part is text in place of a value. */
export function yml(parts: {
  version?: string;
  service?: string;
  scenario?: string;
  request?: string;
  rest?: string;
}): string {
  const { version = '1', service = 'start: [node, server.ts]', request = 'path: /' } = parts;
  const { scenario = `name: a, requests: [{ ${request} }]`, rest = '' } = parts;
  return `version: ${version}\nservice: { ${service} }\nscenarios:\n  - { ${scenario} }\n${rest}`;
}
