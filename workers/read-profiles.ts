import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import {
  MAX_PROFILE_BYTES,
  parseCpuProfile,
  sumOfTrees,
  treeOfCpuProfile,
} from '../src/diagnose/cpuprofile.ts';
import type { KeptSide } from '../src/diagnose/kept-files.ts';
import { treeOfPerfScript } from '../src/diagnose/perf-script.ts';
import { type Side, SIDES } from '../src/domain/trial.ts';
import { type ProfileFound, profileFileName } from '../src/measure/diagnosis/answer.ts';

/**
 * What a runner left of both sides in `folder`, parsed.
 * @throws PerfCiError `profile-broken`, or Error when a file is missing or too large
 */
export async function readSides(
  found: Extract<ProfileFound, { state: 'profiled' }>,
  folder: string,
): Promise<Record<Side, KeptSide>> {
  const sides = {} as Record<Side, KeptSide>;
  for (const side of SIDES) {
    const root = found.roots[side];
    const { requests } = found;
    const texts: string[] = [];
    let left = MAX_PROFILE_BYTES;
    for (let no = 0; no < found.files[side]; no += 1) {
      const text = await readBounded(join(folder, profileFileName(side, no)), left);
      texts.push(text);
      left -= text.length;
    }
    if (found.profiler === 'perf') {
      sides[side] = { tree: sumOfTrees(texts.map((text) => treeOfPerfScript(text, root))), requests };
      continue;
    }
    const profiles = texts.map(parseCpuProfile);
    const tree = sumOfTrees(
      profiles.map((profile, no) => treeOfCpuProfile(profile, root, found.cpuUs?.[side][no])),
    );
    const [only] = profiles;
    sides[side] = {
      tree,
      requests,
      ...(only === undefined || profiles.length > 1 ? {} : { cpuProfile: { profile: only, root } }),
    };
  }
  return sides;
}

/**
 * A runner is not trusted with the size of what it leaves, nor that it is a file of its own: no link is followed, and a
 * pipe, which nobody may ever write to, is not waited for.
 */
async function readBounded(path: string, mostBytes: number): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > mostBytes)
      throw new Error('the profile is no file, or too large to be read');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
