import type { Run, RunProgress } from '../domain/run.ts';
import { type Html, html, htmlDocument } from './html.ts';
import { isCut, type PageLog, type RunPageData, tailOf } from './run-page-data.ts';
import { resultHtml } from './run-result.ts';

/** The page that the details link of a check run leads to, as HTML without script. */
export function runPageHtml(data: RunPageData): string {
  const { run, result, logs } = data;
  const what = kindWords(run);
  return htmlDocument(
    `${run.repoFullName}, ${what}: ${stateWords(run)}`,
    html`
      <h1>${run.repoFullName}, ${what}</h1>
      <p>${stateWords(run)}</p>
      ${result === undefined ? progressHtml(data.progress) : resultHtml(run.id, result)}
      <h2>Run</h2>
      <table>
        ${factsOf(data).map(
          ([name, value]) =>
            html`<tr>
              <th align="left">${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </table>
      ${logs.map(logHtml)}
    `,
  );
}

function kindWords({ kind, pullNumber }: Run): string {
  if (kind === 'control') return 'control run';
  return pullNumber === undefined ? 'push' : `pull request ${pullNumber}`;
}

function stateWords(run: Run): string {
  const state = run.state.replaceAll('_', ' ');
  return run.phase === undefined ? state : `${state}, ${run.phase}`;
}

function progressHtml({
  scenario,
  scenarioNo,
  scenarioCount,
  pairsDone,
  stage,
}: RunProgress): Html | undefined {
  if (scenario === undefined) return undefined;
  const of = scenarioNo === undefined ? '' : ` (${scenarioNo} of ${scenarioCount ?? '?'})`;
  return html`<p>
    Scenario ${scenario}${of}: ${pairsDone ?? 0} pairs measured, stage ${stage ?? 'explore'}.
  </p>`;
}

function factsOf({ run, timings }: RunPageData): [string, string][] {
  const facts: [string, string | undefined][] = [
    ['Id', run.id],
    ['Head', `${run.headSha} (${run.headRef})`],
    ['Base', `${run.mergeBaseSha ?? run.baseSha} (${run.baseRef})`],
    ['Planted in the head', run.plant === undefined ? undefined : JSON.stringify(run.plant)],
    ['Asked for by', run.actor.login],
    ['Attempt', String(run.attempt)],
    ['Created', run.createdAt.toISOString()],
    ['Started', run.startedAt?.toISOString()],
    ['Finished', run.finishedAt?.toISOString()],
    ...Object.entries(timings).map(([phase, ms]): [string, string] => [
      phase.replace(/Ms$/, ''),
      `${(Number(ms) / 1_000).toFixed(1)} s`,
    ]),
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

function logHtml(log: PageLog): Html {
  return html`<h2>Log: ${log.name}</h2>
    ${isCut(log) ? html`<p>Only the end is shown.</p>` : undefined}
    <pre>${tailOf(log.content)}</pre>`;
}
