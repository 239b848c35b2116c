import * as fc from 'fast-check';

import type { CpuProfile } from '../../src/diagnose/cpuprofile.ts';

/** A node as a test writes it: name, file, children. */
export function profileNode(
  id: number,
  name: string,
  url = '',
  children: number[] = [],
  lineNumber = -1,
): CpuProfile['nodes'][0] {
  return {
    id,
    callFrame: { functionName: name, scriptId: '0', url, lineNumber, columnNumber: -1 },
    hitCount: 0,
    children,
  };
}

/** A profile whose samples lie `us` apart; the last one lasts as long as the others. */
export function aProfile(nodes: CpuProfile['nodes'], samples: number[], us = 100): CpuProfile {
  return {
    nodes,
    startTime: 1_000_000,
    endTime: 1_000_000 + us * samples.length,
    samples,
    timeDeltas: samples.map((_, index) => (index === 0 ? 0 : us)),
  };
}

const NAMES = [
  'rank',
  'score',
  '',
  '(program)',
  '(garbage collector)',
  '(idle)',
  '<b>&',
  'a\u0000b\u202e',
  '__proto__',
];
const FILES = [
  'file:///t/s0/a.ts',
  'file:///t/s0/b%20c.ts',
  '/t/s0/c.cjs',
  'node:internal/x',
  '',
  'file:///etc/%zz',
];

/** Any tree of up to 40 nodes with any samples, also with times that step back. */
export const anyProfile: fc.Arbitrary<CpuProfile> = fc
  .array(
    fc.record({
      parent: fc.nat(1_000),
      name: fc.constantFrom(...NAMES),
      file: fc.constantFrom(...FILES),
      line: fc.integer({ min: -1, max: 9 }),
    }),
    { maxLength: 40 },
  )
  .chain((parts) => {
    const nodes = [profileNode(1, '(root)')];
    for (const [index, { parent, name, file, line }] of parts.entries()) {
      const id = index + 2;
      nodes.push(profileNode(id, name, file, [], line));
      nodes[parent % (nodes.length - 1)]?.children?.push(id);
    }
    return fc
      .array(fc.tuple(fc.nat(nodes.length - 1), fc.integer({ min: -20, max: 2_000 })), { maxLength: 60 })
      .map((hits) => ({
        nodes,
        startTime: 5,
        endTime: 5 + hits.reduce((sum, [, us]) => sum + us, 0) + 17,
        samples: hits.map(([index]) => (nodes[index] as { id: number }).id),
        timeDeltas: hits.map(([, us]) => us),
      }));
  });
