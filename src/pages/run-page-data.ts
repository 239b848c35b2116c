import type { PhaseTimings, Run, RunProgress, RunResult } from '../domain/run.ts';

/** All that the page of a run shows. Names, messages and logs in it come from outside. */
export interface RunPageData {
  run: Run;
  result: RunResult | undefined;
  progress: RunProgress;
  timings: PhaseTimings;
  logs: PageLog[];
}

export interface PageLog {
  name: string;
  content: string;
  /** Its middle was left out when it was stored. */
  truncated: boolean;
}

/** Logs are kept up to 10 MiB; a page shows the end, where the reason of a failure stands. */
const LOG_TAIL_CHARACTERS = 65_536;

/** Whether the page shows less than was written. */
export function isCut(log: PageLog): boolean {
  return log.truncated || log.content.length > LOG_TAIL_CHARACTERS;
}

/** The end of a log, as much as a page shows. */
export function tailOf(content: string): string {
  return content.slice(-LOG_TAIL_CHARACTERS);
}
