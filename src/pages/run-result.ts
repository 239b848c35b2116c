import { metricOf, type Unit } from '../domain/metric.ts';
import type { RunResult } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type Html, html } from './html.ts';
import { tailOf } from './run-page-data.ts';
import { whereTimeWentHtml } from './where-time-went.ts';

/** What became of a run. */
export function resultHtml(runId: string, result: RunResult): Html {
  switch (result.kind) {
    case 'judged':
      return judgedHtml(runId, result);
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

function judgedHtml(runId: string, result: Extract<RunResult, { kind: 'judged' }>): Html {
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
    ${result.notes.map((note) => html`<p>${note}</p>`)}
    ${whereTimeWentHtml(runId, result.profiles ?? [], result.secondOpinions ?? [])}`;
}

/** How units are shown; a share is shown in percent. */
const UNIT_LABELS: Readonly<Record<Unit, string>> = {
  us: 'µs',
  ms: 'ms',
  bytes: 'B',
  'per-second': 'a second',
  share: '%',
  'bytes-per-request': 'B',
  number: '',
};

function cellsOf(verdict: Verdict): string[] {
  const metric = metricOf(verdict.metric, verdict.custom === undefined ? [] : [verdict.custom]);
  const unit = verdict.custom?.unitLabel ?? UNIT_LABELS[metric.unit];
  const scale = metric.scale === 'share' ? 100 : 1;
  const value = (amount: number | undefined): string =>
    amount === undefined ? '' : `${Number((amount * scale).toPrecision(4))} ${unit}`.trimEnd();
  const change = (amount: number): string =>
    verdict.effectIn === 'absolute' && metric.scale !== 'share'
      ? `${signed(Number(amount.toPrecision(3)))} ${unit}`.trimEnd()
      : `${signed(Number((amount * 100).toFixed(2)))} ${metric.scale === 'share' ? 'pp' : '%'}`;
  const { effect, interval } = verdict;
  return [
    verdict.scenario,
    metric.title,
    value(verdict.baseValue),
    value(verdict.headValue),
    effect === undefined ? '' : change(effect),
    interval === undefined
      ? ''
      : `${change(interval.lo)} to ${change(interval.hi)} (${Number((interval.level * 100).toFixed(1))} %)`,
    verdict.verdict,
  ];
}

function signed(amount: number): string {
  return `${amount < 0 ? '' : '+'}${amount}`;
}
