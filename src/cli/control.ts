import { standingsOf } from '../analyse/control.ts';
import { readConfig } from '../config.ts';
import type { ControlStanding } from '../domain/control.ts';
import { clip, PerfCiError } from '../domain/errors.ts';
import { metricOf } from '../domain/metric.ts';
import {
  controlOutcomes,
  type ControlPlace,
  controlPlaces,
  forgetControlOutcomes,
} from '../store/controls.ts';
import type { Pool } from '../store/pool.ts';
import { EXIT } from './exit-code.ts';
import { installationSentence } from './selftest/findings.ts';
import { withDatabase } from './with-database.ts';

/** What the control runs of one place say, as lines for people. Pure. */
export function describeStandings(place: ControlPlace, standings: readonly ControlStanding[]): string[] {
  return [`${clip(place.repoFullName)} on machine ${clip(place.machineId)}`, ...standings.map(describe)];
}

function describe(standing: ControlStanding): string {
  const { scenario, metric, noiseBand, bias, planted, blocked } = standing;
  const { scale, title } = metricOf(metric);
  const size = (amount: number): string =>
    scale === 'ratio' ? `${(amount * 100).toFixed(2)} %` : String(Number(amount.toPrecision(3)));
  return [
    `  ${clip(scenario)}, ${title}: ${installationSentence(planted, standing)}`,
    ...(noiseBand === undefined ? [] : [`same code within ±${size(noiseBand)}`]),
    ...(bias === undefined ? [] : [`off by ${size(bias)}`]),
    ...(blocked === undefined ? [] : [`ALARMS BLOCKED: ${blocked}`]),
  ].join('; ');
}

async function show(pool: Pool): Promise<number> {
  const places = await controlPlaces(pool);
  if (places.length === 0) {
    process.stdout.write(
      'no control run has ended yet: one comes after ten pull requests, and every night\n',
    );
    return EXIT.noVerdict;
  }
  let isBlocked = false;
  for (const place of places) {
    const standings = standingsOf(await controlOutcomes(pool, place));
    isBlocked ||= standings.some(({ blocked }) => blocked !== undefined);
    process.stdout.write(`${describeStandings(place, standings).join('\n')}\n`);
  }
  return isBlocked ? EXIT.regression : EXIT.pass;
}

async function forget(pool: Pool, repoFullName: string): Promise<number> {
  const count = await forgetControlOutcomes(pool, repoFullName);
  if (count === 0) {
    throw new PerfCiError('control-unknown', `no control run of ${clip(repoFullName)} is known`, {
      blame: 'usage',
      remedy: 'perf-ci control lists the repositories that have some',
    });
  }
  process.stdout.write(`forgot ${count} outcomes; the next nights start afresh\n`);
  return EXIT.pass;
}

/** `perf-ci control`: how good this installation is, by its own control runs. @returns the exit code */
export async function runControl(options: { forget?: string }): Promise<number> {
  const { forget: name } = options;
  return withDatabase(readConfig(process.env), (pool) =>
    name === undefined ? show(pool) : forget(pool, name),
  );
}
