import type { FrameDifference, ProfileDifference, SecondOpinion } from '../domain/diagnosis.ts';
import { flameGraphPath } from './flame-graphs.ts';
import { type Html, html } from './html.ts';

const ROWS_SHOWN = 20;

/** After a confirmed slowdown: instructions a request, the functions that differ most, and links to flame graphs. */
export function whereTimeWentHtml(
  runId: string,
  profiles: readonly ProfileDifference[],
  opinions: readonly SecondOpinion[],
): Html | undefined {
  if (profiles.length === 0 && opinions.length === 0) return undefined;
  return html`<h2>Where the time went</h2>
    ${profiles.map((profile) => profileHtml(runId, profile))} ${opinions.map(opinionHtml)}`;
}

function profileHtml(runId: string, profile: ProfileDifference): Html {
  const { scenario, state, why, requests, frames } = profile;
  if (state === 'not-possible') return html`<p>${scenario}: no profile, ${why ?? 'without a reason'}.</p>`;
  const heads = ['Function', 'File', 'Base', 'Head', 'Difference', 'Touched'];
  const by = profile.profiler === 'v8' ? 'V8’s CPU profiler' : 'perf';
  return html`<h3>${scenario}</h3>
    <p>
      Self time a request by ${by}, ${requests} requests to each side. Flame graphs:
      <a href="${flameGraphPath(runId, scenario, 'difference')}">difference</a>,
      <a href="${flameGraphPath(runId, scenario, 'base')}">base</a>,
      <a href="${flameGraphPath(runId, scenario, 'head')}">head</a>.
    </p>
    ${why === undefined ? undefined : html`<p>${why}</p>`}
    ${
      frames.length === 0
        ? html`<p>No function differs by more than sampling can explain.</p>`
        : html`<table border="1">
            <tr>
              ${heads.map((name) => html`<th>${name}</th>`)}
            </tr>
            ${frames.slice(0, ROWS_SHOWN).map(
              (frame) =>
                html`<tr>
                  ${cellsOf(frame).map((cell) => html`<td>${cell}</td>`)}
                </tr>`,
            )}
          </table>`
    }
    ${frames.length > ROWS_SHOWN ? html`<p>And ${frames.length - ROWS_SHOWN} more.</p>` : undefined}`;
}

function cellsOf({ name, file, line, baseUs, headUs, touched }: FrameDifference): string[] {
  return [
    name,
    line === undefined ? file : `${file}:${line}`,
    `${baseUs.toFixed(1)} µs`,
    `${headUs.toFixed(1)} µs`,
    `${headUs < baseUs ? '−' : '+'}${Math.abs(headUs - baseUs).toFixed(1)} µs`,
    touched ? 'by this change' : '',
  ];
}

function opinionHtml({ scenario, state, basePerRequest, headPerRequest, change, why }: SecondOpinion): Html {
  const note = why === undefined ? '' : ` (${why})`;
  if (state === 'not-possible' || basePerRequest === undefined || headPerRequest === undefined) {
    return html`<p>${scenario}: instructions were not counted${note}.</p>`;
  }
  const relative = change ?? headPerRequest / basePerRequest - 1;
  return html`<p>
    ${scenario}: ${millions(basePerRequest)} instructions a request before, ${millions(headPerRequest)} now
    (${relative < 0 ? '−' : '+'}${Math.abs(relative * 100).toFixed(2)} %), counted by valgrind${note}. A
    second opinion that decides nothing: it sees neither memory nor waiting.
  </p>`;
}

function millions(count: number): string {
  return `${(count / 1e6).toPrecision(4)} M`;
}
