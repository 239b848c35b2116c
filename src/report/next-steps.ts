import { httpAddress } from './address.ts';
import { shortSha } from './commits.ts';
import { codeSpan } from './escape.ts';
import type { RunView } from './view.ts';

type Step = 'fix' | 'rerun' | 'help' | 'reproduce';

/**
 * What can be done now, one line to copy from; undefined when there is nothing. Commands belong to pull requests
 * only: there is no comment to answer under a push.
 */
export function nextSteps(view: RunView, steps: readonly Step[]): string | undefined {
  const texts = steps.flatMap((step) => STEPS[step](view) ?? []);
  const page = runPageLink(view);
  const all = page === undefined ? texts : [...texts, page];
  return all.length === 0 ? undefined : `**Next:** ${all.join(' · ')}`;
}

const STEPS: Readonly<Record<Step, (view: RunView) => string | undefined>> = {
  fix: () => 'push a fix (it is measured by itself)',
  rerun: (view) => (isPull(view) ? '`/perf rerun` (write access)' : undefined),
  help: (view) => (isPull(view) ? '`/perf help`' : undefined),
  reproduce: (view) => {
    const base = baseOf(view);
    return base === undefined ? undefined : `on your machine: ${reproduceCommand(base, view.run.headSha)}`;
  },
};

function reproduceCommand(base: string, head: string): string {
  // Longer than shown elsewhere: these are to be pasted into a repository of any size.
  return codeSpan(`perf-ci compare ${base.slice(0, 12)} ${head.slice(0, 12)}`, 80);
}

function baseOf(view: RunView): string | undefined {
  if (view.result?.kind === 'judged') return view.result.baseSha;
  return view.run.mergeBaseSha ?? (view.run.kind === 'push' ? view.run.baseSha : undefined);
}

function isPull(view: RunView): boolean {
  return view.run.kind === 'pull_request';
}

function runPageLink(view: RunView): string | undefined {
  const address = httpAddress(view.urls.runPage);
  return address === undefined ? undefined : `[all of run ${shortSha(view.run.id)}](${address})`;
}
