/** The files that a configuration names: read, checked, and kept for resolving. */

import type { z } from 'zod';
import { checkAgainst } from './check.ts';
import { DATA_FILE_RULE, isDataFile, readDataFile, type DataRows } from './data-file.ts';
import { expectation } from './found.ts';
import { messagesFile, type MessagesFile } from './grpc-schema.ts';
import { readJson, type JsonSource } from './json-source.ts';
import { MESSAGES_FILE_NODE, REQUESTS_FILE_NODE, type SchemaNode } from './json-schema.ts';
import {
  clashes,
  objectToPlaceholders,
  placeholdersIn,
  type PlacedPlaceholders,
} from './placeholder-rules.ts';
import { distinctNames } from './placeholders.ts';
import { toProblems, type ConfigPath, type ConfigProblem, type Finding } from './problem.ts';
import { objectToProto } from './proto-rules.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { requestsFile, type RequestsFile } from './request-schema.ts';
import { crossCheckRequests, requestsIn } from './scenario-rules.ts';
import { objectToFilePath, repositoryPath } from './text-rules.ts';
import { mappingAt, mappingsIn, type Mapping } from './unchecked.ts';

/** What the files that a configuration names hold, and what is wrong with them; maps are by the plain path. */
export interface NamedFiles {
  requestsFiles: Map<string, RequestsFile>;
  messagesFiles: Map<string, MessagesFile>;
  dataFiles: Map<string, DataRows>;
  /** Findings in perf-ci.yml, where the files are named. */
  findings: Finding[];
  /** Problems inside the files. */
  problems: ConfigProblem[];
}

/** A JSON file with what was found in it so far. */
interface CheckedFile {
  source: JsonSource;
  findings: Finding[];
  placeholders?: PlacedPlaceholders;
}

interface Reading {
  files: RepositoryFiles;
  named: NamedFiles;
  /** By what the file is meant to hold and its plain path: a file named twice is checked once. */
  jsonFiles: Map<string, CheckedFile>;
  dataPaths: Set<string>;
  namesOfText: (named: unknown) => readonly string[];
}

/** Reads every file that the unchecked `config` names properly. */
export async function readNamedFiles(config: unknown, files: RepositoryFiles): Promise<NamedFiles> {
  const named: NamedFiles = {
    requestsFiles: new Map(),
    messagesFiles: new Map(),
    dataFiles: new Map(),
    findings: [],
    problems: [],
  };
  const reading: Reading = {
    files,
    named,
    jsonFiles: new Map(),
    dataPaths: new Set(),
    namesOfText: namesOfTexts(files),
  };
  for (const { index, mapping } of mappingsIn(config, 'scenarios')) {
    await readFilesOfScenario(['scenarios', index], mapping, reading);
  }
  for (const { source, findings } of reading.jsonFiles.values()) {
    named.problems.push(...toProblems(source, findings));
  }
  return named;
}

async function readFilesOfScenario(place: ConfigPath, scenario: Mapping, reading: Reading): Promise<void> {
  const { files, named } = reading;
  named.findings.push(...(await readBodies(place, scenario, files)));
  const requestFiles: CheckedFile[] = [];
  for (const key of ['requests_file', 'warm_up_mix_file']) {
    const checked = await readRequestsFile([...place, key], scenario[key], reading);
    if (checked !== undefined) requestFiles.push(checked);
  }
  const grpc = mappingAt(scenario, 'grpc');
  if (grpc !== undefined) await readFilesOfGrpc([...place, 'grpc'], grpc, reading);
  const data = await readData([...place, 'data_file'], scenario['data_file'], reading);

  if (!('setup' in scenario || 'data_file' in scenario)) return;
  const use = { scenario, data };
  const { namesOfText } = reading;
  const own = placeholdersIn(place, scenario, namesOfText);
  named.findings.push(...clashes(place, use), ...objectToPlaceholders(own, use));
  for (const file of requestFiles) {
    file.placeholders ??= placeholdersIn([], file.source.value, namesOfText);
    file.findings.push(...objectToPlaceholders(file.placeholders, use));
  }
}

/** The placeholders of body files, each file looked through once. */
function namesOfTexts(files: RepositoryFiles): (named: unknown) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (named) => {
    const path = usablePath(named);
    if (path === undefined) return [];
    const names = known.get(path) ?? distinctNames(files.textIfKnown(path) ?? '');
    known.set(path, names);
    return names;
  };
}

/** A requests file of a scenario; undefined where it is not named properly or cannot be read. */
async function readRequestsFile(
  place: ConfigPath,
  named: unknown,
  reading: Reading,
): Promise<CheckedFile | undefined> {
  const { requestsFiles } = reading.named;
  return await readJsonFile(place, named, reading, 'requests', async (path, { source, findings }) => {
    check(requestsFile, REQUESTS_FILE_NODE, source, findings, (accepted) =>
      requestsFiles.set(path, accepted),
    );
    findings.push(...crossCheckRequests([], source.value));
    findings.push(...(await readBodies([], source.value, reading.files)));
  });
}

async function readFilesOfGrpc(place: ConfigPath, grpc: Mapping, reading: Reading): Promise<void> {
  const { messagesFiles, findings: ofConfig } = reading.named;
  await readJsonFile(
    [...place, 'messages_file'],
    grpc['messages_file'],
    reading,
    'messages',
    (path, { source, findings }) => {
      check(messagesFile, MESSAGES_FILE_NODE, source, findings, (accepted) =>
        messagesFiles.set(path, accepted),
      );
      return Promise.resolve();
    },
  );
  const path = usablePath(grpc['proto_file']);
  if (path === undefined) return;
  const text = await reading.files.read(path);
  if (text.ok) ofConfig.push(...objectToProto(place, grpc, text.text));
  else ofConfig.push({ path: [...place, 'proto_file'], message: text.message });
}

async function readJsonFile(
  place: ConfigPath,
  named: unknown,
  reading: Reading,
  content: 'requests' | 'messages',
  checkNew: (path: string, file: CheckedFile) => Promise<void>,
): Promise<CheckedFile | undefined> {
  const path = usablePath(named);
  if (path === undefined) return undefined;
  const text = await reading.files.read(path);
  if (!text.ok) {
    reading.named.findings.push({ path: place, message: text.message });
    return undefined;
  }
  const key = `${content} ${path}`;
  const known = reading.jsonFiles.get(key);
  if (known !== undefined) return known;
  const source = readJson(path, text.text);
  const file = { source, findings: [...source.findings] };
  reading.jsonFiles.set(key, file);
  if (source.value !== undefined) await checkNew(path, file);
  return file;
}

function check<S extends z.ZodType>(
  schema: S,
  node: SchemaNode,
  source: JsonSource,
  findings: Finding[],
  keep: (accepted: z.output<S>) => void,
): void {
  const checked = checkAgainst(schema, node, source.value);
  if (checked.accepted !== undefined) keep(checked.accepted);
  findings.push(...checked.findings);
}

async function readData(place: ConfigPath, named: unknown, reading: Reading): Promise<DataRows | undefined> {
  const path = usablePath(named);
  if (path === undefined) return undefined;
  const { findings, problems, dataFiles } = reading.named;
  if (!isDataFile(path)) {
    findings.push({ path: place, message: expectation(DATA_FILE_RULE, path) });
    return undefined;
  }
  const text = await reading.files.read(path);
  if (!text.ok) {
    findings.push({ path: place, message: text.message });
  } else if (!reading.dataPaths.has(path)) {
    const source = readDataFile(path, text.text);
    if (source.data !== undefined) dataFiles.set(path, source.data);
    problems.push(...toProblems(source, source.findings));
  }
  reading.dataPaths.add(path);
  return dataFiles.get(path);
}

async function readBodies(place: ConfigPath, holder: unknown, files: RepositoryFiles): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { path: of, request } of requestsIn(place, holder)) {
    const path = usablePath(request['body_file']);
    if (path === undefined) continue;
    const content = request['binary'] === true ? await files.readBytes(path) : await files.read(path);
    if (!content.ok) findings.push({ path: [...of, 'body_file'], message: content.message });
  }
  return findings;
}

/** Paths that the schema refuses are not read. */
function usablePath(value: unknown): string | undefined {
  return typeof value === 'string' && objectToFilePath(value) === undefined
    ? repositoryPath(value)
    : undefined;
}
