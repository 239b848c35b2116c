import { searchPath } from './search-path.ts';

/** Where git fetches from. The token lives only in memory and in the environment of the one git process. */
export interface GitRemote {
  /** From {@link cloneUrl}; never text of a user. */
  url: string;
  /** Installation token with `contents: read` on this one repository. */
  token?: string | undefined;
}

/**
 * Defects found in old, honest histories that hurt nobody; other findings of fsck refuse the fetch.
 * The list is the one that large hosts tolerate too.
 */
const TOLERATED_DEFECTS = [
  'badDate',
  'badEmail',
  'badName',
  'badTimezone',
  'missingEmail',
  'missingNameBeforeEmail',
  'missingSpaceBeforeDate',
  'missingSpaceBeforeEmail',
  'zeroPaddedDate',
  'zeroPaddedFilemode',
];

const SAFE_CONFIG: Readonly<Record<string, string>> = {
  // Nothing of a repository may start a program of its choice.
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.attributesFile': '/dev/null',
  'core.excludesFile': '/dev/null',
  'credential.helper': '',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  // A redirect could carry the request, with its token, to another host.
  'http.followRedirects': 'false',
  // A transfer below 1 kB/s for a minute is dead.
  'http.lowSpeedLimit': '1000',
  'http.lowSpeedTime': '60',
  // Housekeeping runs where this room says so, never in the background of a measurement.
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'transfer.fsckObjects': 'true',
  ...Object.fromEntries(TOLERATED_DEFECTS.map((id) => [`fetch.fsck.${id}`, 'ignore'])),
};

export interface GitEnvironmentOptions {
  gitDir?: string | undefined;
  workTree?: string | undefined;
  indexFile?: string | undefined;
  remote?: GitRemote | undefined;
  /** Added after the safe settings, so an entry here wins. */
  config?: Record<string, string> | undefined;
}

/** `Authorization` value for a token, as GitHub takes it over HTTP. */
function basicCredential(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64');
}

/**
 * The whole environment of one git process: nothing is inherited but PATH, no file of the machine or of a user
 * is read, and settings travel by `GIT_CONFIG_COUNT`, so a token is in no argument list and on no disk.
 */
export function gitEnvironment(options: GitEnvironmentOptions): Record<string, string> {
  const { remote } = options;
  const config = { ...SAFE_CONFIG, ...options.config };
  if (remote?.token !== undefined) {
    config[`http.${new URL(remote.url).origin}/.extraHeader`] =
      `Authorization: Basic ${basicCredential(remote.token)}`;
  }
  const environment: Record<string, string> = {
    PATH: searchPath(),
    // Nothing can lie below a device, so no .gitconfig and no .netrc is found there.
    HOME: '/dev/null',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    // A path is a path, also one that starts with ":" or holds "*".
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_ALLOW_PROTOCOL: remote === undefined ? 'none' : new URL(remote.url).protocol.replace(':', ''),
    GIT_CONFIG_COUNT: String(Object.keys(config).length),
  };
  for (const [index, [key, value]] of Object.entries(config).entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  // A named directory is not searched for, so ownership checks and stray repositories above it play no part.
  if (options.gitDir !== undefined) environment['GIT_DIR'] = options.gitDir;
  if (options.workTree !== undefined) environment['GIT_WORK_TREE'] = options.workTree;
  if (options.indexFile !== undefined) environment['GIT_INDEX_FILE'] = options.indexFile;
  return environment;
}

/** `text` without the token, its encoded form, and credentials inside addresses. */
export function withoutSecrets(text: string, remote?: GitRemote): string {
  let clean = text.replace(/(\w+:\/\/)[^\s/@]*@/g, '$1');
  const token = remote?.token;
  if (token === undefined || token === '') return clean;
  for (const secret of [token, basicCredential(token)]) clean = clean.replaceAll(secret, '[token]');
  return clean;
}
