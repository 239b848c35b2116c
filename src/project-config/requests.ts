/** The files that scenarios and requests name: read, checked, and kept for resolving. */

import { checkAgainst } from './check.ts';
import { crossCheckRequests, mappingsIn } from './cross-rules.ts';
import { readJson } from './json-source.ts';
import { REQUESTS_FILE_NODE } from './json-schema.ts';
import { toProblems, type ConfigPath, type ConfigProblem, type Finding } from './problem.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { requestsFile, type RequestYml } from './request-schema.ts';
import { objectToFilePath, repositoryPath } from './text-rules.ts';

/** A requests file that was accepted. */
export interface AcceptedRequests {
  why?: string | undefined;
  requests: RequestYml[];
}

/** What the files that a configuration names hold, and what is wrong with them. */
export interface NamedFiles {
  /** By the plain path of the file. */
  requestsFiles: Map<string, AcceptedRequests>;
  /** Findings in perf-ci.yml, where the files are named. */
  findings: Finding[];
  /** Problems inside the files. */
  problems: ConfigProblem[];
}

/** Reads every file that the unchecked `config` names properly. */
export async function readNamedFiles(config: unknown, files: RepositoryFiles): Promise<NamedFiles> {
  const named: NamedFiles = { requestsFiles: new Map(), findings: [], problems: [] };
  const visited = new Set<string>();
  for (const { index, mapping } of mappingsIn(config, 'scenarios')) {
    const place = ['scenarios', index];
    named.findings.push(...(await readBodies(place, mapping, files)));
    const path = usablePath(mapping['requests_file']);
    if (path === undefined) continue;
    const text = await files.read(path);
    if (!text.ok) named.findings.push({ path: [...place, 'requests_file'], message: text.message });
    else if (!visited.has(path)) await readRequestsFile(path, text.text, files, named);
    visited.add(path);
  }
  return named;
}

async function readRequestsFile(
  path: string,
  text: string,
  files: RepositoryFiles,
  named: NamedFiles,
): Promise<void> {
  const source = readJson(path, text);
  const findings = [...source.findings];
  if (source.value !== undefined) {
    const checked = checkAgainst(requestsFile, REQUESTS_FILE_NODE, source.value);
    if (checked.accepted !== undefined) named.requestsFiles.set(path, checked.accepted);
    findings.push(...checked.findings, ...crossCheckRequests([], source.value));
    findings.push(...(await readBodies([], source.value, files)));
  }
  named.problems.push(...toProblems(source, findings));
}

async function readBodies(place: ConfigPath, holder: unknown, files: RepositoryFiles): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { index, mapping } of mappingsIn(holder, 'requests')) {
    const path = usablePath(mapping['body_file']);
    if (path === undefined) continue;
    const text = await files.read(path);
    if (!text.ok) findings.push({ path: [...place, 'requests', index, 'body_file'], message: text.message });
  }
  return findings;
}

/** Paths that the schema refuses are not read. */
function usablePath(value: unknown): string | undefined {
  return typeof value === 'string' && objectToFilePath(value) === undefined
    ? repositoryPath(value)
    : undefined;
}
