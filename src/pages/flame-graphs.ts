import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { ProfileFile } from '../domain/diagnosis.ts';

/** Where speedscope is served; the slash at the end matters, since its files lie beside it. */
export const FLAME_GRAPHS_PATH = '/speedscope/';

/** The folder of speedscope's own release: one page, its script, style, font and icons. */
export function flameGraphsFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist', 'release');
}

/**
 * What speedscope may do in a browser: run its own script, draw, and ask us for profiles. Its styles are written by its
 * script, hence 'unsafe-inline' for style alone. Nothing goes to any other
 * host. Its reader of Java recordings is WebAssembly, which stays forbidden: a line in the console says so, nothing else is
 * lost.
 */
export const FLAME_GRAPHS_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The path of a kept profile. */
export function profilePath(runId: string, scenario: string, name: ProfileFile['name']): string {
  return `/runs/${encodeURIComponent(runId)}/profiles/${encodeURIComponent(scenario)}/${name}`;
}

/** The path, with its fragment, of a page that shows a kept profile as a flame graph. */
export function flameGraphPath(runId: string, scenario: string, name: ProfileFile['name']): string {
  const url = encodeURIComponent(profilePath(runId, scenario, name));
  return `${FLAME_GRAPHS_PATH}#profileURL=${url}&title=${encodeURIComponent(`${scenario}: ${name}`)}`;
}
