/**
 * A small program that times two loops on the CPU it was pinned to and prints one JSON line: how even the machine is
 * right now, and how fast. One loop computes only; the other reads memory at random, since a neighbour that fills the
 * shared cache or the memory bus does not show in the first.
 */

/** Samples of each loop. */
const SAMPLES = 12;
/** Thrown away: V8 compiles the loops meanwhile. */
const WARM_UP_SAMPLES = 4;
/** About 2.5 ms on a CPU of 2023. Fixed, so that medians of one machine can be compared over months. */
const ALU_STEPS = 1_600_000;
const READS = 15_000;
/** 64 MB: more than a core's share of any cache. */
const WORDS = 2 ** 24;
const INDEX_SHIFT = 8;

/** Dependent integer arithmetic without any memory. */
function compute(seed: number): number {
  let value = seed | 1;
  for (let step = 0; step < ALU_STEPS; step += 1) {
    value ^= value << 13;
    value ^= value >>> 17;
    value ^= value << 5;
  }
  return value;
}

/** Each address follows from the word read before, so that no two reads overlap. */
function readAtRandom(memory: Int32Array, seed: number): number {
  let at = seed | 0;
  for (let read = 0; read < READS; read += 1) {
    // A full-period generator (Knuth, TAOCP 2, 3.2.1.3) plus what was read.
    at = (Math.imul(at, 1_664_525) + 1_013_904_223 + (memory[at >>> INDEX_SHIFT] as number)) | 0;
  }
  return at;
}

function microseconds(work: () => number): { us: number; value: number } {
  const startedNs = process.hrtime.bigint();
  const value = work();
  return { us: Number(process.hrtime.bigint() - startedNs) / 1000, value };
}

// Written, not only reserved: pages that were never written are all one page of zeros.
const memory = new Int32Array(WORDS).fill(1);
const aluUs: number[] = [];
const readUs: number[] = [];
let value = 1;
for (let sample = 0; sample < WARM_UP_SAMPLES + SAMPLES; sample += 1) {
  const alu = microseconds(() => compute(value));
  const read = microseconds(() => readAtRandom(memory, alu.value));
  // Used below: a loop whose result nobody needs may be left out by the compiler.
  value = read.value;
  if (sample < WARM_UP_SAMPLES) continue;
  aluUs.push(alu.us);
  readUs.push(read.us);
}
const { user, system } = process.cpuUsage();
process.stdout.write(
  `${JSON.stringify({ aluUs, readUs, cpuUs: user + system, node: process.versions.node, value })}\n`,
);
