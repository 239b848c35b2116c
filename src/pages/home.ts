import { html, htmlDocument } from './html.ts';

/** What stands at `/`. */
export const HOME = htmlDocument(
  'perf-ci',
  html`<h1>perf-ci</h1>
    <p>Measures pull requests against their merge base and says whether the service got slower.</p>
    <p>
      GitHub delivers to <code>/webhooks/github</code>. Probes: <code>/healthz</code>, <code>/readyz</code>.
    </p>`,
);
