/** docs/configuration.md, written from the schema. */

import { CONFIG_NODE, everyKey, type SchemaNode } from './json-schema.ts';
import { code, table, yamlBlock } from './markdown.ts';
import { REFERENCE_EXAMPLES } from './reference-examples.ts';
import { MAX_FILES } from './repository-files.ts';
import { RESERVED_HEADERS } from './request-rules.ts';
import { SECTIONS, type Section } from './reference-sections.ts';
import { starterConfig } from './starter.ts';
import { RESERVED_VARIABLE_WORDS } from './text-rules.ts';

/** The reference page: every key with its meaning, default, bounds and an example. */
export function referencePage(): string {
  const keys = everyKey(CONFIG_NODE);
  const sections = SECTIONS.map((section) => {
    const own = keys.filter(({ path }) => sectionOf(path) === section);
    const rows = own.map(({ path, node, required }) =>
      row(path.slice(section.prefix.length), node, required),
    );
    const sample = REFERENCE_EXAMPLES.find((candidate) => candidate.section === section.prefix);
    return [
      `## ${section.title}`,
      section.introduction,
      table(COLUMNS, rows),
      ...(section.appendix === undefined ? [] : [section.appendix]),
      ...(sample === undefined ? [] : [yamlBlock(sample.yaml)]),
    ].join('\n\n');
  });
  return `${[HEAD, ...sections, RULES, example()].join('\n\n')}\n`;
}

const COLUMNS = ['Key', 'Meaning', 'Default', 'Bounds', 'Example'];

const HEAD = `# perf-ci.yml

<!-- Written by src/project-config/write-reference.ts from the schema; edit the descriptions there. -->

\`perf-ci.yml\` at the root of a repository says what is measured, under which load, and what fails a pull request. The file of
the **base** commit decides: a pull request that changes it is judged by the file as it was before. \`perf-ci config check\` names every
problem with its line, its column, what was expected and the nearest known key. Editors complete and check the file with
[perf-ci.schema.json](../perf-ci.schema.json).`;

const RULES = `## Rules for the text

- One YAML 1.2 document in UTF-8, at most 64 KiB, a regular file (mode 100644). CRLF line ends and a byte order mark are accepted.
- No aliases, anchors, merge keys, tags, directives or duplicate keys. Texts that start with \`*\`, \`&\`, \`!\`, \`@\` or \`{\` need quotes.
- A duration is a whole number and its unit: \`ms\`, \`s\`, \`m\` or \`h\`.
- Numbers and words such as \`true\` need quotes where a text is expected: arguments, variables, headers.
- Files that are named (\`requests_file\`, \`body_file\` and others) are read from the same commit: regular files inside the repository,
  UTF-8 unless \`binary\`, at most 1 MiB each, at most ${MAX_FILES} files and 16 MiB in all.
- Requests, messages and proto files of all scenarios together take at most 16 MiB.
- In a path, spaces, non-ASCII and other characters that no URL may hold are percent-encoded as UTF-8. Control characters, \`\\\`, \`#\` and
  \`.\` or \`..\` segments are refused.
- Header names are sent in lower case. A body that is not a text is sent as JSON without spaces; whole numbers beyond 2^53 are refused there.
- Reserved variables, in any case: ${RESERVED_VARIABLE_WORDS.map(code).join(' ')}.
- Reserved headers: ${RESERVED_HEADERS.map(code).join(' ')}.`;

function example(): string {
  return `## A file to start from\n\n${yamlBlock(starterConfig())}`;
}

/** The section with the longest prefix that leaves a key of this path. */
function sectionOf(path: string): Section | undefined {
  return SECTIONS.findLast(({ prefix }) => path.startsWith(prefix) && path !== prefix);
}

function row(key: string, node: SchemaNode, required: boolean): string[] {
  const isGroup = node.properties !== undefined || node.items?.properties !== undefined;
  return [
    code(key),
    node.description ?? '',
    required ? 'required' : defaultText(node),
    node.bounds ?? (isGroup ? 'see below' : ''),
    node.examples === undefined ? '' : code(valueText(node.examples[0])),
  ];
}

function defaultText(node: SchemaNode): string {
  if (node.default === undefined) return node.description?.includes('Default') === true ? 'as told' : 'none';
  const isGroup = node.properties !== undefined;
  return isGroup ? 'as below' : code(valueText(node.default));
}

/** A value as one would write it in the file, on one line. */
function valueText(value: unknown): string {
  if (typeof value === 'string')
    return /^(?:--?)?[\w./][\w./: -]*$/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([key, inner]) => `${key}: ${quotedIfNumber(inner)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function quotedIfNumber(value: unknown): string {
  return typeof value === 'string' && /^[\d.]+$/.test(value) ? JSON.stringify(value) : valueText(value);
}
