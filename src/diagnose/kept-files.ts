import { gzipSync } from 'node:zlib';

import type { ProfileFile } from '../domain/diagnosis.ts';
import type { ProfiledSide } from './compare-profiles.ts';
import { type CpuProfile, cpuProfileText } from './cpuprofile.ts';
import { differenceFile, sideFile } from './speedscope.ts';

/** What is kept of a side: its calls, and V8's own profile where one process did all the work. */
export interface KeptSide extends ProfiledSide {
  cpuProfile?: { profile: CpuProfile; /** Absolute path of the side's tree. */ root: string };
}

/** A file larger than this is not kept; the pages and the database hold it whole. */
const MAX_KEPT_BYTES = 16 * 2 ** 20;

/** The files of one scenario: both sides and their difference, gzip; one that is over 16 MiB is left out. */
export function keptFiles(scenario: string, sides: { base: KeptSide; head: KeptSide }): ProfileFile[] {
  const files: ProfileFile[] = [
    ...(['base', 'head'] as const).map((side) => keptSide(scenario, side, sides[side])),
    {
      scenario,
      name: 'difference',
      format: 'speedscope',
      gzip: gzipSync(JSON.stringify(differenceFile(scenario, sides.base, sides.head))),
    },
  ];
  return files.filter(({ gzip }) => gzip.length <= MAX_KEPT_BYTES);
}

function keptSide(scenario: string, name: 'base' | 'head', side: KeptSide): ProfileFile {
  const { cpuProfile } = side;
  return cpuProfile === undefined
    ? { scenario, name, format: 'speedscope', gzip: gzipSync(JSON.stringify(sideFile(name, side))) }
    : {
        scenario,
        name,
        format: 'cpuprofile',
        gzip: gzipSync(cpuProfileText(cpuProfile.profile, cpuProfile.root)),
      };
}
