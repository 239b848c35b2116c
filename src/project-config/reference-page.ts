/** docs/configuration.md, written from the schema. */

import { CONFIG_NODE, everyKey, type SchemaNode } from './json-schema.ts';
import { MAX_FILES } from './repository-files.ts';
import { RESERVED_HEADERS } from './request-rules.ts';
import { starterConfig } from './starter.ts';
import { RESERVED_VARIABLE_WORDS } from './text-rules.ts';

interface Section {
  title: string;
  /** Keys of this section start with it and have no further section of their own. */
  prefix: string;
  introduction: string;
}

const SECTIONS: readonly Section[] = [
  { title: 'The file', prefix: '', introduction: 'Keys without a default are required.' },
  {
    title: 'service',
    prefix: 'service.',
    introduction:
      'How a tree becomes a running service. Base and head are built and started in the same way.',
  },
  {
    title: 'paths',
    prefix: 'paths.',
    introduction:
      'A changed file matters if a glob of `include` matches it and none of `ignore` does. `*` and `?` stay within one directory, `**` as a whole segment crosses directories, names that start with a dot are matched like others, and `[a-z]` and `{a,b}` are alternatives. Write a directory as `docs/**`. A glob has at most 200 characters, two `**`, two `*` in a segment, four wildcards and two `{}` in all; groups in parentheses and negation are not known.',
  },
  {
    title: 'answers',
    prefix: 'answers.',
    introduction:
      'Before anything is measured, the answers of base and head to the same requests are compared.',
  },
  {
    title: 'scenarios',
    prefix: 'scenarios[].',
    introduction: 'Each scenario has either `requests` or `requests_file`.',
  },
  {
    title: 'requests',
    prefix: 'scenarios[].requests[].',
    introduction:
      'In perf-ci.yml or in a requests file, which is JSON: `{"why": "…", "requests": [{"method": "GET", "path": "/"}]}`; it may also hold `name` and `seed`, which are not read. Each request has at most one of `body` and `body_file`.',
  },
];

/** The reference page: every key with its meaning, default, bounds and an example. */
export function referencePage(): string {
  const keys = everyKey(CONFIG_NODE);
  const sections = SECTIONS.map((section) => {
    const own = keys.filter(({ path }) => sectionOf(path) === section);
    const rows = own.map(({ path, node, required }) =>
      row(path.slice(section.prefix.length), node, required),
    );
    return `## ${section.title}\n\n${section.introduction}\n\n${table(rows)}`;
  });
  return `${[HEAD, ...sections, RULES, example()].join('\n\n')}\n`;
}

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
- Files that are named (\`requests_file\`, \`body_file\`) are read from the same commit: regular files inside the repository, UTF-8, at most
  1 MiB each, at most ${MAX_FILES} files and 16 MiB in all.
- In a path, spaces, non-ASCII and other characters that no URL may hold are percent-encoded as UTF-8. Control characters, \`\\\`, \`#\` and
  \`.\` or \`..\` segments are refused.
- Header names are sent in lower case. A body that is not a text is sent as JSON without spaces; whole numbers beyond 2^53 are refused there.
- Reserved variables, in any case: ${RESERVED_VARIABLE_WORDS.map(code).join(' ')}.
- Reserved headers: ${RESERVED_HEADERS.map(code).join(' ')}.`;

function example(): string {
  return `## A file to start from\n\n\`\`\`yaml\n${starterConfig().trimEnd()}\n\`\`\``;
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
  if (node.default === undefined) return 'none';
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

function code(text: string): string {
  return `\`${text}\``;
}

/** A Markdown table with its columns aligned, as the formatter of this project writes them. */
function table(rows: readonly (readonly string[])[]): string {
  const head = ['Key', 'Meaning', 'Default', 'Bounds', 'Example'];
  const cells = [head, ...rows].map((cellsOfRow) => cellsOfRow.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) =>
    Math.max(3, ...cells.map((cellsOfRow) => cellsOfRow[column]?.length ?? 0)),
  );
  const lines = cells.map((cellsOfRow) =>
    line(cellsOfRow.map((cell, column) => cell.padEnd(widths[column] ?? 0))),
  );
  return [lines[0], line(widths.map((width) => '-'.repeat(width))), ...lines.slice(1)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
