import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { isProfileName, profileAnswer } from '../../src/pages/profile-file.ts';

const TEXT = '{"nodes":[]}';
const file = { scenario: 'rank', name: 'base', format: 'cpuprofile', gzip: gzipSync(TEXT) } as const;

describe('a profile that is sent', () => {
  it('stays packed for who takes it so, and is unpacked for others', () => {
    const packed = profileAnswer(file, true);
    const plain = profileAnswer(file, false);

    expect(packed.headers['Content-Encoding']).toBe('gzip');
    expect(gunzipSync(packed.body).toString()).toBe(TEXT);
    expect(plain.headers['Content-Encoding']).toBeUndefined();
    expect(plain.body.toString()).toBe(TEXT);
  });

  it.each([
    ['rank', 'cpuprofile', 'rank-base.cpuprofile'],
    ['rank top 10 (ü)', 'speedscope', 'rank-top-10-base.speedscope.json'],
    [
      '"; filename=evil.exe\r\nSet-Cookie: x',
      'speedscope',
      'filename-evil.exe-Set-Cookie-x-base.speedscope.json',
    ],
    ['../../etc/passwd', 'cpuprofile', '..-..-etc-passwd-base.cpuprofile'],
    ['x'.repeat(100), 'cpuprofile', `${'x'.repeat(60)}-base.cpuprofile`],
  ] as const)('of scenario %j is a download with a harmless name', (scenario, format, name) => {
    const { headers } = profileAnswer({ ...file, scenario, format }, true);

    expect(headers['Content-Disposition']).toBe(`attachment; filename="${name}"`);
  });

  it('has one of three names', () => {
    expect(['base', 'head', 'difference', 'Base', '', '__proto__'].filter(isProfileName)).toEqual([
      'base',
      'head',
      'difference',
    ]);
  });
});
