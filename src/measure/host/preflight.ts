import { median } from '../../stats/summary.ts';
import type { HostFacts, HostOutcome } from './host-facts.ts';

/** What a look at the machine comes to. */
export interface Preflight {
  outcome: HostOutcome;
  /** Nothing is wrong but, at most, the comparison with the past. */
  steady: boolean;
  /** What is worth a note and a wider margin; of a refusal also what alone would not refuse. One part of a sentence each. */
  reasons: string[];
  /** What could not be looked at. */
  notes: string[];
}

/** Beyond `flag` the margin gets wider, beyond `refuse` nothing is measured. */
export interface Limit {
  flag: number;
  refuse: number;
}

/**
 * The limits. Those of steal, pressure, load and the ALU loop are proposals made beside recorded quiet runs (steal up to
 * 1.4 %, ALU loop 0.3 %). Those of the random reads follow from 40 looks at a 2-vCPU virtual machine with a little else to
 * do: the ALU loop varied by 1.2 % (90th percentile 2.2 %), the reads by 4.2 % (9.8 %), so that one look in ten is
 * flagged there; the medians of the reads spread three times as wide as those of the ALU loop.
 */
export const LIMITS = {
  /** Share of all CPU time. */
  steal: { flag: 0.01, refuse: 0.05 },
  /** Share of time in which some task waited. */
  pressure: { flag: 0.2, refuse: 0.5 },
  /** Runnable processes a CPU. */
  load: { flag: 0.5, refuse: 1 },
  aluCv: { flag: 0.02, refuse: 0.05 },
  /** Relative distance from the median of the past. */
  aluMedian: { flag: 0.03, refuse: 0.1 },
  readCv: { flag: 0.1, refuse: 0.2 },
  readMedian: { flag: 0.1, refuse: 0.3 },
} as const satisfies Record<string, Limit>;

/** Fewer looks than this are no past to compare with. */
export const FEWEST_CHECKS = 5;

/**
 * The load average is of the last minute and still shows our own build; it counts only while at least this share of the
 * CPUs is busy with something else right now.
 */
const BUSY_NOW = 0.1;

interface Finding {
  value: number;
  limit: Limit;
  reason: string;
}

/**
 * Whether a machine is fit for measuring, by its own figures and by its own past. Pure.
 * @param history looks at the same machine that were steady in themselves, newest first; looks of another probe are
 *   left out here
 */
export function assessPreflight(facts: HostFacts, history: readonly HostFacts[]): Preflight {
  const comparable = history.filter(({ probe }) => probe === facts.probe);
  const own = ownFindings(facts);
  const compared = comparable.length < FEWEST_CHECKS ? [] : comparedFindings(facts, comparable);
  const notes = [...facts.missing];
  if (facts.alu !== undefined && comparable.length < FEWEST_CHECKS) {
    notes.push(
      `the machine was not compared with its own past: ${comparable.length} of ${FEWEST_CHECKS} looks are known`,
    );
  }
  const beyond = [...own, ...compared].filter(({ value, limit }) => value > limit.flag);
  return {
    outcome: outcomeOf([...own, ...compared]),
    steady: outcomeOf(own) === 'accepted',
    reasons: beyond.map(({ reason }) => reason),
    notes,
  };
}

function outcomeOf(findings: readonly Finding[]): HostOutcome {
  if (findings.some(({ value, limit }) => value > limit.refuse)) return 'refused';
  return findings.some(({ value, limit }) => value > limit.flag) ? 'flagged' : 'accepted';
}

function ownFindings(facts: HostFacts): Finding[] {
  const { stealShare, cpuPressure, load1, cpuCount, alu, randomRead } = facts;
  const findings: Finding[] = [];
  if (stealShare !== undefined) {
    const reason = `other guests of the hypervisor took ${percent(stealShare)} of the CPU time`;
    findings.push({ value: stealShare, limit: LIMITS.steal, reason });
  }
  if (cpuPressure !== undefined) {
    const reason = `tasks waited for a CPU ${percent(cpuPressure)} of the time`;
    findings.push({ value: cpuPressure, limit: LIMITS.pressure, reason });
  }
  if (isBusyNow(facts)) {
    const reason = `load ${load1.toFixed(1)} on ${cpuCount === 1 ? 'one CPU' : `${cpuCount} CPUs`}`;
    findings.push({ value: load1 / cpuCount, limit: LIMITS.load, reason });
  }
  if (alu !== undefined) {
    const reason = `a loop of arithmetic varied by ${percent(alu.cv)}`;
    findings.push({ value: alu.cv, limit: LIMITS.aluCv, reason });
  }
  if (randomRead !== undefined) {
    const reason = `a loop of memory reads varied by ${percent(randomRead.cv)}`;
    findings.push({ value: randomRead.cv, limit: LIMITS.readCv, reason });
  }
  return findings;
}

/** Where neither is known the load average is all there is. */
function isBusyNow({ othersShare, cpuPressure }: HostFacts): boolean {
  if (othersShare !== undefined) return othersShare > BUSY_NOW;
  return cpuPressure === undefined || cpuPressure > BUSY_NOW;
}

function comparedFindings(facts: HostFacts, history: readonly HostFacts[]): Finding[] {
  return (
    [
      ['alu', 'arithmetic', LIMITS.aluMedian],
      ['randomRead', 'memory reads', LIMITS.readMedian],
    ] as const
  ).flatMap(([loop, what, limit]): Finding[] => {
    const usual = median(history.flatMap((past) => past[loop]?.medianUs ?? []));
    const now = facts[loop]?.medianUs;
    if (usual === undefined || now === undefined) return [];
    const change = now / usual - 1;
    const reason = `a loop of ${what} was ${percent(Math.abs(change))} ${change > 0 ? 'slower' : 'quicker'} than usual here`;
    return [{ value: Math.abs(change), limit, reason }];
  });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
