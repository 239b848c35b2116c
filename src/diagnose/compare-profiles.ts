import type { FrameDifference } from '../domain/diagnosis.ts';
import { type CallNode, selfTimes, type SelfTime } from './call-tree.ts';

/** At most so many functions are listed. */
const MAX_ROWS = 50;
/** A difference smaller than this many standard errors of sampling is luck, not a finding. */
const STANDARD_ERRORS = 2;
/** So many are listed where none is certain: a slowdown spread over many functions hides in each of them. */
const MAX_UNCERTAIN_ROWS = 10;

/** What one side did while it was profiled. */
export interface ProfiledSide {
  tree: CallNode;
  /** Requests that it answered meanwhile, at least 1. */
  requests: number;
}

/**
 * Squared standard error of a self time, in microseconds squared: samples fall into a function like a Poisson count
 * of mean n, whose relative error is 1/sqrt(n); of a function never seen, one sample could as well have been.
 */
function variance(time: SelfTime | undefined, sampleUs: number): number {
  const samples = Math.max(1, time?.samples ?? 0);
  const us = time === undefined || time.samples === 0 ? sampleUs : time.us;
  return (us * us) / samples;
}

/** Mean time that one sample stands for, in microseconds; 0 without samples. */
function meanSampleUs(times: Iterable<SelfTime>): number {
  let us = 0;
  let samples = 0;
  for (const time of times) {
    us += time.us;
    samples += time.samples;
  }
  return samples === 0 ? 0 : us / samples;
}

/**
 * Self times of all functions of both sides in microseconds a request; the sum of their differences is the difference of
 * the totals.
 */
export function allDifferences(
  base: ProfiledSide,
  head: ProfiledSide,
  changedPaths: ReadonlySet<string>,
): { row: FrameDifference; isLuck: boolean }[] {
  const times = { base: selfTimes(base.tree), head: selfTimes(head.tree) };
  const sampleUs = { base: meanSampleUs(times.base.values()), head: meanSampleUs(times.head.values()) };
  const keys = new Set([...times.base.keys(), ...times.head.keys()]);
  return [...keys].map((key) => {
    const [ofBase, ofHead] = [times.base.get(key), times.head.get(key)];
    const { name, file } = ((ofHead ?? ofBase) as SelfTime).frame;
    const line = ofHead?.frame.line;
    const baseUs = (ofBase?.us ?? 0) / base.requests;
    const headUs = (ofHead?.us ?? 0) / head.requests;
    const error = Math.sqrt(
      variance(ofBase, sampleUs.base) / base.requests ** 2 +
        variance(ofHead, sampleUs.head) / head.requests ** 2,
    );
    const row: FrameDifference = {
      name,
      file,
      ...(line === undefined ? {} : { line }),
      baseUs,
      headUs,
      touched: changedPaths.has(file),
    };
    return {
      row,
      isLuck: Math.abs(headUs - baseUs) < STANDARD_ERRORS * error,
    };
  });
}

/** What is shown of a comparison. */
export interface Compared {
  frames: FrameDifference[];
  /** What has to be said of them. */
  why?: string;
}

/**
 * The functions whose self time a request differs by more than sampling can explain, largest absolute difference
 * first, at most 50; equal ones by file and name. Where there is none, the ten largest with a warning.
 * @param changedPaths files that the pull request touches, relative to the repository's root
 */
export function compareProfiles(
  base: ProfiledSide,
  head: ProfiledSide,
  changedPaths: readonly string[],
): Compared {
  const size = (row: FrameDifference): number => Math.abs(row.headUs - row.baseUs);
  const name = (row: FrameDifference): string => `${row.file}\u0000${row.name}`;
  const ranked = allDifferences(base, head, new Set(changedPaths)).sort(
    ({ row: a }, { row: b }) => size(b) - size(a) || (name(a) < name(b) ? -1 : 1),
  );
  const certain = ranked.filter(({ isLuck }) => !isLuck);
  const rows = certain.length > 0 ? certain.slice(0, MAX_ROWS) : ranked.slice(0, MAX_UNCERTAIN_ROWS);
  const frames = rows.map(({ row }) => row).filter((row) => size(row) > 0);
  if (certain.length > 0 || frames.length === 0) return { frames };
  return {
    frames,
    why: 'no function differs by more than sampling can explain; the largest differences are listed',
  };
}
