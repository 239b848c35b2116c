import { readFileSync } from 'node:fs';
import type { Pair, Stage } from '../../src/domain/trial.ts';
import { pair } from './builders.ts';

/** A recorded pair, ready to be played back under any number and stage. */
export interface Recording {
  set: 'altr' | 'altc' | 'camp';
  /** Extra CPU per request built into head, percent; or the name of another defect. */
  level: string;
  play(pairNo: number, stage: Stage): Pair;
}

interface Latencies {
  mean: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

interface Alternated {
  level: string;
  wallS: number;
  n: number;
  latA: Latencies;
  latB: Latencies;
  cpuA: [number, number];
  cpuB: [number, number];
  startA: number;
  startB: number;
  endA: { hwmKB: number };
  endB: { hwmKB: number };
}

interface Blocked {
  level: string;
  wallS: number;
  blocks: [number, 'A' | 'B', number, number, number, number][];
  ends: Record<'A' | 'B', { startMs: number; lat: Latencies; hwmKB: number }>;
}

/** Pairs whose requests alternated one by one; see test/fixtures/runs/README.md. */
export function alternatedRecordings(): Recording[] {
  return (['altr', 'altc'] as const).flatMap((set) =>
    read<Alternated>(set).map((record) => ({
      set,
      level: record.level,
      play: (pairNo: number, stage: Stage) => ({
        ...pair({
          pairNo,
          stage,
          base: side(record.n, record.cpuA[1], record.latA, record.startA, record.endA.hwmKB),
          head: side(record.n, record.cpuB[1], record.latB, record.startB, record.endB.hwmKB),
        }),
        wallMs: record.wallS * 1000,
      }),
    })),
  );
}

/** Pairs loaded in blocks of 240 requests, on a noisier day. */
export function blockedRecordings(): Recording[] {
  return read<Blocked>('camp').map((record) => ({
    set: 'camp' as const,
    level: record.level,
    play: (pairNo: number, stage: Stage) => ({
      ...pair({ pairNo, stage, base: blockSide(record, 'A'), head: blockSide(record, 'B') }),
      wallMs: record.wallS * 1000,
    }),
  }));
}

function blockSide(record: Blocked, arm: 'A' | 'B') {
  const blocks = record.blocks.filter((block) => block[1] === arm);
  const end = record.ends[arm];
  const requests = blocks.reduce((sum, block) => sum + block[3], 0);
  const cpuUs = blocks.reduce((sum, block) => sum + block[5], 0);
  return side(requests, cpuUs, end.lat, end.startMs, end.hwmKB);
}

function side(requests: number, cpuUs: number, latencyMs: Latencies, startupMs: number, hwmKB: number) {
  return { requests, cpuUs, latencyMs, startupMs, memoryPeakBytes: hwmKB * 1024 };
}

function read<T>(set: string): T[] {
  const file = new URL(`../fixtures/runs/${set}_ab.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T[];
}
