/**
 * Kills web, worker, reporter and Postgres at ten seeded moments each of a shortened run, with SIGKILL, and lets
 * `perf-ci up` start them again: every pull request must end with exactly one comment and one concluded check.
 *
 * CHAOS_SEED repeats a round; the seed is printed. CHAOS_KILLS sets the kills per process.
 */
import { randomInt } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createRandom, deriveSeed } from '../../src/stats/random.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { type Loop, startFile, startLoop } from '../helpers/whole-loop.ts';

const SEED = Number(process.env['CHAOS_SEED'] ?? randomInt(2 ** 31));
const KILLS = Number(process.env['CHAOS_KILLS'] ?? 10);
/** A shortened run takes about this long from the delivery to the concluded check. */
const RUN_MS = 6000;

let loop: Loop;

beforeAll(async () => {
  console.log(`chaos seed ${SEED}, ${KILLS} kills of each process`);
  // What was delivered to a dead process comes again because perf-ci asks for it: GitHub does not by itself.
  loop = await startLoop({ seed: SEED % 1000, settings: { PERF_CI_SWEEP_SECONDS: '1' } });
});

afterAll(async () => {
  await loop?.stop();
});

/** Process id of the private Postgres: the first line of its postmaster.pid. */
async function postgresPid(): Promise<number | undefined> {
  try {
    const { rows } = await loop.pool.query<{ file: string }>(`select pg_read_file('postmaster.pid') as file`);
    return Number(rows[0]?.file.split('\n')[0]);
  } catch {
    return undefined;
  }
}

async function pidOf(target: string): Promise<number | undefined> {
  return target === 'postgres' ? postgresPid() : loop.running.pids()[target];
}

async function kill(target: string): Promise<boolean> {
  const pid = await pidOf(target);
  if (pid === undefined || !Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

describe.each(['web', 'worker', 'reporter', 'postgres'])('kill -9 of %s', (target) => {
  const moments = Array.from({ length: KILLS }, (_, index) => {
    const random = createRandom(deriveSeed(SEED, target, index));
    return { index, afterMs: random.int(RUN_MS) };
  });

  it.each(moments)(
    'at $afterMs ms ends in one comment and one concluded check (kill $index)',
    async ({ index, afterMs }) => {
      const opened = loop.propose(`${target}-${index}`, {
        'start.mjs': startFile({ BURN: '1500' }),
        'README.md': `${target} ${index}`,
      });
      // Part of the moments lie before the delivery has arrived.
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      const killed = await kill(target);
      const number = await opened;

      const { run, check, result } = await loop.concluded(number, { timeoutMs: 90_000 });

      expect(killed).toBe(true);
      expect(check.status).toBe('completed');
      expect(result?.kind).toBe('judged');
      await expect
        .poll(() => loop.github.comments(loop.repository, number).length, { timeout: 15_000 })
        .toBe(1);
      expect(loop.github.checkRuns(loop.repository, run.headSha)).toHaveLength(1);
      expect(loop.github.comments(loop.repository, number)[0]?.body).toContain(run.headSha.slice(0, 7));
    },
  );
});

it('leaves no promise broken and no verdict of two attempts', async () => {
  await expect.poll(() => findViolations(loop.pool), { timeout: 30_000 }).toEqual([]);

  const { rows } = await loop.pool.query(
    `select v.run_id from verdicts v join runs r on r.id = v.run_id where v.lease_epoch <> r.lease_epoch`,
  );
  expect(rows).toEqual([]);
});

it('leaves no service of a killed worker running', () => {
  const services = execFileSync('ps', ['-eo', 'args'])
    .toString()
    .split('\n')
    .filter((line) => line === 'node start.mjs');

  expect(services).toEqual([]);
});
