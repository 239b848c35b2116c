/** A YAML text to plain data, with the place of every key and value. */

import { isMap, isScalar, isSeq, parseAllDocuments, type Pair, type ParsedNode } from 'yaml';
import { clip } from '../domain/errors.ts';
import { found } from './found.ts';
import { locateOffsets } from './position.ts';
import type { ConfigPath, Finding, LocatedFile } from './problem.ts';
import { guardYaml, MAX_DEPTH } from './yaml-guard.ts';

type Pairs = Pair<ParsedNode, ParsedNode | null>[];

/** What {@link readYaml} found. */
export interface YamlSource extends LocatedFile {
  /** Objects without a prototype, arrays, text, numbers, booleans, null; undefined if the text is no YAML. */
  value: unknown;
  findings: Finding[];
}

const MAX_SYNTAX_FINDINGS = 20;

/**
 * Reads one YAML 1.2 document of the core schema. Never throws: what is wrong with the text is in `findings`,
 * and `value` holds what could be read in spite of it.
 */
export function readYaml(file: string, text: string): YamlSource {
  let root: ParsedNode | null = null;
  const source: YamlSource = {
    file,
    value: undefined,
    findings: guardYaml(text),
    locate: (findings) =>
      locateOffsets(
        text,
        findings.map((finding) => finding.offset ?? offsetOf(root, finding)),
      ),
  };
  if (source.findings.length > 0) return source;
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    // Duplicates are found in linear time while converting; the library compares every pair of keys.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const errors = Array.from(documents).flatMap((document) => document.errors);
  const [first, second] = documents;
  root = first?.contents ?? null;
  if (errors.length > 0) source.findings = errors.slice(0, MAX_SYNTAX_FINDINGS).map(toFinding);
  else if (second !== undefined) source.findings = [oneDocument(second.range[0])];
  else if (isEmpty(root)) source.findings = [emptyFile()];
  else source.value = toPlain(root, [], source.findings);
  return source;
}

function toFinding(error: { message: string; pos: [number, number] }): Finding {
  const [line = ''] = error.message.split('\n');
  return { path: [], message: line.charAt(0).toLowerCase() + line.slice(1), offset: error.pos[0] };
}

function oneDocument(offset: number): Finding {
  return {
    path: [],
    message: 'one YAML document expected; found a second one',
    fix: 'remove the ---',
    offset,
  };
}

function emptyFile(): Finding {
  return { path: [], message: 'file is empty', fix: 'start with version: 1, then service and scenarios' };
}

function isEmpty(node: ParsedNode | null): node is null {
  return node === null || (isScalar(node) && node.value === null && node.source === '');
}

function toPlain(node: ParsedNode | null, path: ConfigPath, findings: Finding[]): unknown {
  if (path.length > MAX_DEPTH) {
    findings.push({ path, message: `nested deeper than ${MAX_DEPTH} levels` });
    return null;
  }
  if (isSeq(node)) return node.items.map((item, index) => toPlain(item, [...path, index], findings));
  if (isMap(node)) return toObject(node.items, path, findings);
  return isScalar(node) ? node.value : null;
}

function toObject(items: Pairs, path: ConfigPath, findings: Finding[]): unknown {
  // Without a prototype there is nothing that a key could reach or shadow.
  const object: Record<string, unknown> = Object.create(null);
  for (const { key, value } of items) {
    const offset = key.range[0];
    const name = isScalar(key) ? key.value : undefined;
    if (typeof name !== 'string') {
      const message = `expected a text as key; found ${found(name)}`;
      findings.push({ path, offset, message, fix: 'put it in quotes' });
      continue;
    }
    const refusal = refusedKey(name, object);
    if (refusal === undefined) object[name] = toPlain(value, [...path, name], findings);
    else findings.push({ path: [...path, name], offset, ...refusal });
  }
  return object;
}

function refusedKey(name: string, object: object): { message: string; fix: string } | undefined {
  if (name === '<<') return { message: 'merge keys (<<) are not allowed', fix: 'write the keys out' };
  if (name === '__proto__') return { message: 'the key __proto__ is not allowed', fix: 'remove it' };
  if (name in object) return { message: `duplicate key "${clip(name)}"`, fix: 'keep one of them' };
  return undefined;
}

/** Where the finding's path leads in the tree, or the nearest thing around it that exists. */
function offsetOf(root: ParsedNode | null, finding: Finding): number | undefined {
  let node = root;
  let offset = root?.range[0];
  for (const [index, part] of finding.path.entries()) {
    const isLast = index === finding.path.length - 1;
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === part) : undefined;
    node = pair?.value ?? (isSeq(node) && typeof part === 'number' ? (node.items[part] ?? null) : null);
    if (isLast && finding.at === 'key') return pair?.key.range[0] ?? node?.range[0] ?? offset;
    offset = node?.range[0] ?? pair?.key.range[0] ?? offset;
    if (node === null) break;
  }
  return offset;
}
