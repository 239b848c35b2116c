/** The two trees of a job: copies of the reference service in which one constant differs. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SERVICE_FOLDER = 'benchmarks/ranking-service';
const SERVICE = fileURLToPath(new URL(`../../../${SERVICE_FOLDER}`, import.meta.url));

/** What is changed in rank.ts, as the demo's slower change does it: recall looks further than asked, the rest is scored and left out. */
const EDITS: readonly (readonly [string, string])[] = [
  [
    "import { createModel } from './model.ts';",
    "import { createModel } from './model.ts';\nimport { widen } from './beyond.ts';",
  ],
  ['context.locale, candidates)', 'context.locale, widen(candidates))'],
  [
    "stage('rerank', ['recall', 'score'], ({ k }, {",
    "stage('rerank', ['recall', 'score'], ({ k, candidates }, {",
  ],
  [
    'rerankForDiversity(catalogue, recall, score, k)',
    'rerankForDiversity(catalogue, recall.subarray(0, candidates), score.subarray(0, candidates), k)',
  ],
];

function beyond(share: number): string {
  return [
    '/** Share of further candidates that are recalled, fetched and scored, and left out of the answer. */',
    `const BEYOND_SHARE = ${share.toFixed(6)};`,
    '',
    'export function widen(candidates: number): number {',
    '  return candidates + Math.round(candidates * BEYOND_SHARE);',
    '}',
    '',
  ].join('\n');
}

/** The text of rank.ts with the constant in it. @throws Error when the service has changed so that an edit does not apply */
export function widenedRank(text: string): string {
  return EDITS.reduce((edited, [from, to]) => {
    if (edited.split(from).length !== 2)
      throw new Error(`rank.ts has changed: expected one ${JSON.stringify(from)}`);
    return edited.replace(from, () => to);
  }, text);
}

async function makeTree(folder: string, share: number): Promise<void> {
  const service = join(folder, SERVICE_FOLDER);
  await mkdir(service, { recursive: true });
  await cp(SERVICE, service, { recursive: true });
  const rank = join(service, 'rank.ts');
  await writeFile(rank, widenedRank(await readFile(rank, 'utf8')));
  await writeFile(join(service, 'beyond.ts'), beyond(share));
}

/**
 * Lays `s0` (base, constant 0) and `s1` (head, constant `share`) into `folder`, anew. Both have the same code but for the
 * digits of the constant, so that a share of 0 is base against base.
 */
export async function layTrees(folder: string, share: number): Promise<void> {
  for (const [slot, own] of [
    ['s0', 0],
    ['s1', share],
  ] as const) {
    await rm(join(folder, slot), { recursive: true, force: true });
    await makeTree(join(folder, slot), own);
  }
}
