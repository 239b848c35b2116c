/** A case of paired runs whose true change is known. */
export interface LabelledCase {
  case: string;
  /** True relative change of the median of head over base. */
  effect: number;
  base: number[];
  head: number[];
}

type Draw = () => number;
interface Source {
  uniform: Draw;
  normal: Draw;
}

const NOISES: readonly [string, (source: Source) => number][] = [
  ['gauss', ({ normal }) => normal()],
  ['t3', ({ normal }) => 0.87 * studentWith3(normal)],
  ['lognormal', ({ normal }) => (Math.exp(0.6 * normal()) - 1) / 0.6],
  ['contaminated', ({ uniform, normal }) => (uniform() < 0.1 ? 6 : 1) * normal()],
];
const RUN_SDS = [0.01, 0.03];
const DRIFTS = [0, 1, 3];
const PAIRS = [10, 20];
const EFFECTS = [0, 0.01, 0.02, 0.03, 0.05, 0.1];

/** The seed of the set (40 cases a cell) on which the goals of docs/statistics.md are stated. */
export const STATED_SEED = 'tempo-ab-dev-1';

/**
 * Labelled base/head cases: five noises, run sd 1 and 3 %, 10 and 20 pairs, a drift that the two runs of a pair share of 0,
 * 1 and 3 times that sd (first order, 0.7), six true changes, `casesPerCell` each. The same seed gives the same cases on every
 * machine.
 */
export function labelledCases(seed: string, casesPerCell: number): LabelledCase[] {
  const noises = [...NOISES.map(([name]) => name), 'bimodal'];
  return noises.flatMap((noise) =>
    RUN_SDS.flatMap((sd) =>
      DRIFTS.flatMap((drift) =>
        PAIRS.flatMap((pairs) =>
          EFFECTS.flatMap((effect) =>
            Array.from({ length: casesPerCell }, (_, k) => {
              const id = `ab-dev/${noise}/sd${sd}/dr${drift}/n${pairs}/e${effect}/${k}`;
              return drawCase(id, `${seed}/${id}`, { noise, sd, drift, pairs, effect });
            }),
          ),
        ),
      ),
    ),
  );
}

function drawCase(
  id: string,
  seed: string,
  cell: { noise: string; sd: number; drift: number; pairs: number; effect: number },
): LabelledCase {
  const source = sourceFrom(seed);
  const draw = noiseOf(cell.noise, source);
  const level = Math.exp(Math.log(2000) * source.uniform());
  const found: LabelledCase = { case: id, effect: cell.effect, base: [], head: [] };
  let shared = source.normal();
  for (let i = 0; i < cell.pairs; i++) {
    shared = 0.7 * shared + Math.sqrt(1 - 0.49) * source.normal();
    const common = cell.sd * cell.drift * shared;
    found.base.push(Number((level * Math.exp(common + cell.sd * draw())).toPrecision(7)));
    found.head.push(Number((level * (1 + cell.effect) * Math.exp(common + cell.sd * draw())).toPrecision(7)));
  }
  return found;
}

function noiseOf(name: string, source: Source): Draw {
  const known = NOISES.find(([candidate]) => candidate === name)?.[1];
  if (known !== undefined) return () => known(source);
  // Two modes; one draw is spent on where it starts and one on whether it stays, which it never does here.
  source.uniform();
  return () => {
    source.uniform();
    const isSecond = source.uniform() < 0.3;
    return 0.8 * source.normal() + (isSecond ? 4 : 0);
  };
}

function studentWith3(normal: Draw): number {
  const squares = [normal(), normal(), normal()].reduce((sum, z) => sum + z * z, 0);
  return normal() / Math.sqrt(squares / 3);
}

/** xmur3 into sfc32: the generator that the set was made with, kept so that it can be made again. */
function sourceFrom(text: string): Source {
  let h = 1_779_033_703 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3_432_918_353);
    h = (h << 13) | (h >>> 19);
  }
  const word = (): number => {
    h = Math.imul(h ^ (h >>> 16), 2_246_822_507);
    h = Math.imul(h ^ (h >>> 13), 3_266_489_909);
    return (h ^= h >>> 16) >>> 0;
  };
  let [a, b, c, d] = [word(), word(), word(), word()];
  const uniform = (): number => {
    const t = (((a | 0) + (b | 0)) | 0) + d;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + (t | 0)) | 0;
    return ((t | 0) >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 15; i++) uniform();
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  };
  return { uniform, normal };
}
