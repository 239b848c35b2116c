import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import type { ProfileFile } from '../domain/diagnosis.ts';

/** Scenario names are free text; a file name is not. */
function fileName({ scenario, name, format }: ProfileFile): string {
  const plain = scenario.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-').slice(0, 60);
  return `${plain}-${name}.${format === 'cpuprofile' ? 'cpuprofile' : 'speedscope.json'}`;
}

/**
 * Writes profiles as files that Chrome's developer tools and speedscope open.
 * @returns their paths, in the order given
 */
export async function writeProfiles(folder: string, files: readonly ProfileFile[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const file of files) {
    const path = join(folder, fileName(file));
    await writeFile(path, gunzipSync(file.gzip));
    paths.push(path);
  }
  return paths;
}
