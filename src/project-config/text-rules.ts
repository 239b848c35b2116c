/** Rules over names, commands, environment variables and paths inside the repository. */

import type { Objection } from './objection.ts';

/** Largest file that a configuration may name, in bytes. */
export const MAX_FILE_BYTES = 1_048_576;

/** What a file that a configuration names must be; the beginning of every message about such a file. */
export const FILE_RULE = 'a regular file inside the repository, <= 1 MiB';

/** Names are shown in comments, tables and addresses: no markup, no mention, nothing invisible. */
export const NAME_RULE =
  '1 to 100 letters, digits, emoji, spaces and . _ - + / ( ) , that neither start nor end with a space';

const NAME_PATTERN =
  /^(?:[[\p{L}\p{M}\p{N}]--\p{Default_Ignorable_Code_Point}]|\p{RGI_Emoji}|[ ._\-+\/\(\),])+$/v;

/** Names follow {@link NAME_RULE}. */
export function objectToName(name: string): Objection | undefined {
  const fits = name.length <= 100 && name.trim() === name && NAME_PATTERN.test(name);
  return fits ? undefined : { expected: `a name of ${NAME_RULE}` };
}

/** Longest argument of a command and longest value of a variable, in characters. */
export const MAX_ARGUMENT = 4_096;

/** Arguments and values of variables can hold anything that an operating system can pass on. */
export function objectToArgument(text: string): Objection | undefined {
  if (text.includes('\0')) return { expected: 'a text without NUL characters' };
  if (text.length > MAX_ARGUMENT) return { expected: `a text of at most ${MAX_ARGUMENT} characters` };
  return undefined;
}

/** Commands begin with a program. */
export function objectToCommand(command: readonly string[]): Objection | undefined {
  // An empty list is already refused for its length.
  if (command[0] === undefined || command[0].trim() !== '') return undefined;
  return { expected: 'a command whose first argument names a program', fix: 'for example [node, server.ts]' };
}

const RESERVED_VARIABLES: readonly string[] = [
  'PATH',
  'HOME',
  'PORT',
  'PWD',
  'SHELL',
  'TMPDIR',
  'BASH_ENV',
  'IFS',
  'NODE_OPTIONS',
  'GLIBC_TUNABLES',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
];

const RESERVED_PREFIXES: readonly string[] = [
  'LD_',
  'DYLD_',
  'PERFCI_',
  'PERF_CI_',
  'GITHUB_',
  'GIT_',
  'NPM_CONFIG_',
];

/** The reserved variables in words, for documents. */
export const RESERVED_VARIABLE_WORDS: readonly string[] = [
  ...RESERVED_VARIABLES,
  ...RESERVED_PREFIXES.map((prefix) => `${prefix}*`),
];

/** Variables have portable names and are none that the runner sets or forbids. */
export function objectToVariable(name: string): Objection | undefined {
  if (!/^[A-Za-z_]\w{0,99}$/.test(name)) return { expected: 'a variable name such as LOG_LEVEL' };
  // Some programs read these in lower case too.
  const upper = name.toUpperCase();
  const reserved =
    RESERVED_VARIABLES.includes(upper) || RESERVED_PREFIXES.some((prefix) => upper.startsWith(prefix));
  return reserved
    ? { expected: 'no reserved variable', fix: 'remove it: the runner sets or forbids it' }
    : undefined;
}

/** What a pointer must be, for messages. */
export const POINTER_RULE = 'a JSON pointer such as /items/0/id';

/** Pointers begin with a slash, or are empty for the whole document; ~ is written ~0 and / within a key ~1. */
export function objectToPointer(text: string): Objection | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const fits = text.length <= 500 && /^(?:\/(?:[^~/\u0000-\u001f\u007f]|~[01])*)*$/.test(text);
  if (fits && text.isWellFormed()) return undefined;
  const fix = text.startsWith('/') ? 'write ~0 for ~ in a key' : 'begin it with a slash';
  return { expected: POINTER_RULE, fix };
}

/** Paths are relative to the repository's root, with slashes, and do not leave it. */
export function objectToFilePath(text: string): Objection | undefined {
  return isInside(text) && repositoryPath(text) !== '' ? undefined : { expected: FILE_RULE };
}

/** Like a file, but the root itself is a directory too. */
export function objectToDirectory(text: string): Objection | undefined {
  return isInside(text) ? undefined : { expected: 'a directory inside the repository, relative to its root' };
}

/** `./services//api/` as `services/api`, the root as ''. */
export function repositoryPath(text: string): string {
  return text
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

function isInside(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (text === '' || text.length > 1_024 || /[\u0000-\u001f\u007f\\]/.test(text) || !text.isWellFormed())
    return false;
  const segments = text.split('/');
  return (
    segments[0] !== '' && !segments.includes('..') && !segments.some((name) => name.toLowerCase() === '.git')
  );
}
