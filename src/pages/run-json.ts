import { isCut, type RunPageData, tailOf } from './run-page-data.ts';

/** The page of a run as JSON for machines. */
export function runPageJson({ run, result, progress, timings, logs }: RunPageData): object {
  return {
    id: run.id,
    repository: run.repoFullName,
    kind: run.kind,
    pullNumber: run.pullNumber,
    headSha: run.headSha,
    headRef: run.headRef,
    baseSha: run.baseSha,
    baseRef: run.baseRef,
    mergeBaseSha: run.mergeBaseSha,
    rerunNumber: run.rerunNumber,
    state: run.state,
    phase: run.phase,
    attempt: run.attempt,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    result,
    progress,
    timings,
    logs: logs.map((log) => ({ name: log.name, truncated: isCut(log), tail: tailOf(log.content) })),
  };
}
