import { readFileOfCommit } from '../src/checkout/blob.ts';
import type { ObjectStore } from '../src/checkout/git.ts';
import type { ProjectConfig } from '../src/domain/benchmark.ts';
import { describeChange } from '../src/project-config/describe-change.ts';
import {
  CONFIG_FILE,
  MAX_CONFIG_BYTES,
  type ParsedConfig,
  parseProjectConfig,
} from '../src/project-config/parse.ts';

/** The configuration of a commit, read as git blobs: no checkout, no link followed. */
export async function configOfCommit(
  store: ObjectStore,
  sha: string,
  ref: string,
): Promise<ParsedConfig | { ok: 'absent' }> {
  const file = await readFileOfCommit(store, sha, CONFIG_FILE, { maxBytes: MAX_CONFIG_BYTES + 1 });
  if (file === undefined) return { ok: 'absent' };
  return parseProjectConfig({ ...file, path: CONFIG_FILE, ref }, (path, maxBytes) =>
    readFileOfCommit(store, sha, path, { maxBytes }),
  );
}

/** What the head changes in the configuration, one line each; it is judged by the base's all the same. */
export async function configChanges(
  store: ObjectStore,
  judgedBy: { config: ProjectConfig; hash: string },
  headSha: string,
): Promise<string[]> {
  const head = await configOfCommit(store, headSha, 'the head');
  if (head.ok === 'absent') return [`${CONFIG_FILE} is removed`];
  if (!head.ok)
    return [`${CONFIG_FILE} of the head is not valid: ${head.problems[0]?.message ?? 'unknown reason'}`];
  return head.hash === judgedBy.hash ? [] : describeChange(judgedBy.config, head.config);
}
