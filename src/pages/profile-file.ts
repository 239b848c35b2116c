import { gunzipSync } from 'node:zlib';

import type { ProfileFile } from '../domain/diagnosis.ts';

const NAMES: readonly string[] = ['base', 'head', 'difference'] satisfies ProfileFile['name'][];

/** Whether `name` names one of the profiles that are kept of a scenario. */
export function isProfileName(name: string): name is ProfileFile['name'] {
  return NAMES.includes(name);
}

/** What goes over the wire: headers and bytes. */
export interface ProfileAnswer {
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * A kept profile as an answer: packed as it is stored for who takes gzip, as every browser does, else unpacked. It is a
 * download when opened by itself; its file name is made of harmless characters only, since scenarios are named freely.
 */
export function profileAnswer(file: ProfileFile, takesGzip: boolean): ProfileAnswer {
  const scenario = file.scenario
    .replaceAll(/[^\w.]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
  const ending = file.format === 'cpuprofile' ? 'cpuprofile' : 'speedscope.json';
  return {
    headers: {
      'Content-Type': 'application/json',
      'Content-Disposition': `attachment; filename="${scenario}-${file.name}.${ending}"`,
      'Cache-Control': 'private, max-age=600',
      'X-Robots-Tag': 'noindex',
      Vary: 'Accept-Encoding',
      ...(takesGzip ? { 'Content-Encoding': 'gzip' } : {}),
    },
    body: takesGzip ? file.gzip : gunzipSync(file.gzip),
  };
}
