/**
 * Makes the scenario files beside it: `node benchmarks/scenarios/make.ts`. Same code, same files, byte for byte.
 * It shares nothing with the service, as a change to the service must not change the load it is measured by.
 */
import { writeFileSync } from 'node:fs';

/** One request of a scenario; a body is sent as compact JSON. */
export interface ScenarioRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What one file holds. */
export interface Scenario {
  readonly name: string;
  /** Why it is worth measuring: shown to people who add or drop scenarios. */
  readonly why: string;
  readonly seed: number;
  readonly requests: readonly ScenarioRequest[];
}

type Random = () => number;

const USERS = 10_000;
const DEVICES = ['phone', 'tablet', 'desktop', 'tv'];
const LOCALES = ['en', 'de', 'fr', 'es', 'ja'];
const SURFACES = ['home', 'search', 'item'];
// So that one request in sixteen is heavy (over 2000 candidates) and these carry about a third of the work.
const PARETO_EXPONENT = 1.3;

/** Every scenario, freshly made from its seed. */
export function makeScenarios(): Scenario[] {
  return [
    scenario(
      'health-floor',
      'The trivial route: what a request costs before any ranking, and so the noise of machine and HTTP stack alone.',
      101,
      24,
      (random) => ({ method: 'GET', path: `/healthz?probe=${drawHex(random)}`, headers: {} }),
    ),
    scenario(
      'rank-everyday',
      'The everyday mix, top 20 of 200 to 800 candidates: where most CPU time of the fleet goes.',
      202,
      48,
      (random) => rankRequest(random, 200 + drawInteger(random, 601), 20),
    ),
    scenario(
      'rank-long-tail',
      'Few queries are heavy and they make the slowest percent: candidates follow a Pareto law up to 5000, and the heavy ask for 100 items.',
      310,
      64,
      (random) => {
        const candidates = drawPareto(random, 250, 5_000);
        return rankRequest(random, candidates, candidates > 2_000 ? 100 : 20);
      },
    ),
  ];
}

/** Text of a scenario's file. */
export function scenarioText(scenario: Scenario): string {
  return `${JSON.stringify(scenario, null, 2)}\n`;
}

function scenario(
  name: string,
  why: string,
  seed: number,
  count: number,
  draw: (random: Random) => ScenarioRequest,
): Scenario {
  const random = createRandom(seed);
  return { name, why, seed, requests: Array.from({ length: count }, () => draw(random)) };
}

function rankRequest(random: Random, candidates: number, k: number): ScenarioRequest {
  const body = {
    userId: drawInteger(random, USERS),
    context: {
      device: pick(random, DEVICES),
      hour: drawInteger(random, 24),
      locale: pick(random, LOCALES),
      surface: pick(random, SURFACES),
    },
    k,
    candidates,
  };
  return { method: 'POST', path: '/rank', headers: { 'content-type': 'application/json' }, body };
}

function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function drawInteger(random: Random, below: number): number {
  return Math.floor(random() * below);
}

function drawHex(random: Random): string {
  return drawInteger(random, 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}

function drawPareto(random: Random, least: number, most: number): number {
  return Math.min(most, Math.floor(least * (1 - random()) ** (-1 / PARETO_EXPONENT)));
}

function pick(random: Random, choices: readonly string[]): string {
  return choices[drawInteger(random, choices.length)]!;
}

if (import.meta.main) {
  for (const scenario of makeScenarios()) {
    writeFileSync(new URL(`${scenario.name}.json`, import.meta.url), scenarioText(scenario));
  }
}
