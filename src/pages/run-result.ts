import { metricOf } from '../domain/benchmark.ts';
import type { RunResult } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type Html, html } from './html.ts';
import { tailOf } from './run-page-data.ts';

/** What became of a run. */
export function resultHtml(result: RunResult): Html {
  switch (result.kind) {
    case 'judged':
      return judgedHtml(result);
    case 'failed':
      return html`<p>Failed in ${result.phase}, on the side of ${result.blame}: ${result.message}</p>
        <p>${result.remedy}</p>
        ${result.logTail === undefined ? undefined : html`<pre>${tailOf(result.logTail)}</pre>`}`;
    case 'skipped':
    case 'not_comparable':
      return html`<p>${result.kind === 'skipped' ? 'Skipped' : 'Not comparable'}: ${result.reason}</p>`;
    case 'not_configured':
      return html`<p>There is no perf-ci.yml on ${result.baseRef}.</p>`;
    case 'fork':
      return html`<p>Pull requests from forks are not run in this version.</p>`;
    case 'cancelled':
      return html`<p>Cancelled: ${result.by}</p>`;
    case 'superseded':
      return html`<p>Superseded by ${result.bySha}</p>`;
  }
}

function judgedHtml(result: Extract<RunResult, { kind: 'judged' }>): Html {
  const heads = ['Scenario', 'Metric', 'Base', 'Head', 'Change', 'Interval', 'Verdict'];
  return html`<p>Gate: ${result.gate}</p>
    <table border="1">
      <tr>
        ${heads.map((name) => html`<th>${name}</th>`)}
      </tr>
      ${result.verdicts.map(
        (verdict) =>
          html`<tr>
            ${cellsOf(verdict).map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </table>
    ${result.notes.map((note) => html`<p>${note}</p>`)}`;
}

function cellsOf(verdict: Verdict): string[] {
  const { title, unit } = metricOf(verdict.metric);
  const value = (amount: number | undefined): string =>
    amount === undefined ? '' : `${Number(amount.toPrecision(4))} ${unit}`;
  const { interval } = verdict;
  return [
    verdict.scenario,
    title,
    value(verdict.baseValue),
    value(verdict.headValue),
    percent(verdict.effect),
    interval === undefined
      ? ''
      : `${percent(interval.lo)} to ${percent(interval.hi)} (${Number((interval.level * 100).toFixed(1))} %)`,
    verdict.verdict,
  ];
}

function percent(relative: number | undefined): string {
  if (relative === undefined) return '';
  return `${relative < 0 ? '' : '+'}${(relative * 100).toFixed(1)} %`;
}
