/** perf-ci.yml and the files that it names, to a ProjectConfig or to everything that is wrong with them. */

import type { ProjectConfig } from '../domain/benchmark.ts';
import { clip } from '../domain/errors.ts';
import { checkAgainst } from './check.ts';
import { configHash } from './config-hash.ts';
import { crossCheckConfig } from './cross-rules.ts';
import { CONFIG_NODE } from './json-schema.ts';
import { locateOffsets } from './position.ts';
import { toProblems, type ConfigProblem, type Position } from './problem.ts';
import { kindOfMode, RepositoryFiles, type ReadFile } from './repository-files.ts';
import { readNamedFiles } from './named-files.ts';
import { resolveConfig } from './resolve.ts';
import { perfCiYml } from './schema.ts';
import { decodeText, type DecodedText } from './text-file.ts';
import { readYaml } from './yaml-source.ts';

/** The name of the configuration file, at the root of the measured repository. */
export const CONFIG_FILE = 'perf-ci.yml';

/** Largest perf-ci.yml, in bytes. */
export const MAX_CONFIG_BYTES = 65_536;

/** A perf-ci.yml as it was found. */
export interface ConfigSource {
  bytes: Buffer;
  /** Shown in problems. */
  path: string;
  /** As git writes it; not checked when absent. */
  mode?: string;
  /** The commit or branch it comes from, shown where a file that it names is missing. */
  ref?: string;
}

/** `hash`: SHA-256, in hex, of the resolved configuration, files included. */
export type ParsedConfig =
  { ok: true; config: ProjectConfig; hash: string } | { ok: false; problems: ConfigProblem[] };

/**
 * Parses a perf-ci.yml. `readFile` reads the files that it names, of the same commit. Everything wrong is
 * reported at once; nothing in the file makes this throw, only a failing `readFile` does.
 */
export async function parseProjectConfig(source: ConfigSource, readFile: ReadFile): Promise<ParsedConfig> {
  const unreadable = unusableBlob(source);
  if (unreadable !== undefined) return refuse(unreadable);
  const decoded = decodeText(source.bytes);
  if (!decoded.ok) return refuse(...unreadableText(source.path, decoded));
  const yaml = readYaml(source.path, decoded.text);
  if (yaml.value === undefined) return refuse(...toProblems(yaml, yaml.findings));

  const checked = checkAgainst(perfCiYml, CONFIG_NODE, yaml.value);
  const files = new RepositoryFiles(readFile, source.ref);
  const named = await readNamedFiles(yaml.value, files);
  const findings = [
    ...yaml.findings,
    ...checked.findings,
    ...crossCheckConfig(yaml.value),
    ...named.findings,
  ];
  const problems = [...toProblems(yaml, findings), ...named.problems];
  if (problems.length > 0 || checked.accepted === undefined) return refuse(...problems);

  const resolved = resolveConfig(checked.accepted, { ...named, files });
  if (resolved.findings.length > 0) return refuse(...toProblems(yaml, resolved.findings));
  return { ok: true, config: resolved.config, hash: configHash(resolved.config) };
}

/** The problem of a base branch without a perf-ci.yml; `documentationUrl` leads to how one is written. */
export function missingConfigProblem(baseBranch: string, documentationUrl?: string): ConfigProblem {
  return {
    file: CONFIG_FILE,
    path: '',
    message: `no ${CONFIG_FILE} on base branch ${clip(baseBranch)}`,
    fix: `commit one to that branch: ${documentationUrl ?? 'see docs/configuration.md of perf-ci'}`,
  };
}

function refuse(...problems: ConfigProblem[]): ParsedConfig {
  return { ok: false, problems };
}

function unreadableText(file: string, refused: DecodedText & { ok: false }): ConfigProblem[] {
  const { finding, text } = refused;
  const locate = (): (Position | undefined)[] =>
    text === undefined ? [] : locateOffsets(text, [finding.offset]);
  return toProblems({ file, locate }, [finding]);
}

function unusableBlob(source: ConfigSource): ConfigProblem | undefined {
  const problem = { file: source.path, path: '' };
  const kind = source.mode === undefined ? 'file' : kindOfMode(source.mode);
  if (kind !== 'file') {
    const message = `must be a regular file (mode 100644); found ${kind === 'executable file' ? 'an' : 'a'} ${kind}`;
    return {
      ...problem,
      message,
      ...(kind === 'executable file' ? { fix: `git update-index --chmod=-x ${CONFIG_FILE}` } : {}),
    };
  }
  if (source.bytes.length <= MAX_CONFIG_BYTES) return undefined;
  const kib = Math.ceil(source.bytes.length / 1024);
  return {
    ...problem,
    message: `expected at most 64 KiB; found ${kib} KiB`,
    fix: 'move requests into a requests_file',
  };
}
