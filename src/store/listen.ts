import pg from 'pg';

import type { DatabaseTarget } from './pool.ts';

const RECONNECT_MS = 500;
/** A connection that died without a word is found by asking it something now and then. */
const HEARTBEAT_MS = 10_000;

/** What may have changed; see migrations/0004. */
export type WakeUp = 'deliveries' | 'outbox' | 'runs' | 'fetch-tokens';

/**
 * Listens for wake-ups on a connection of its own, made again when it breaks. After each connect `onWake` is
 * called with `undefined`: anything may have changed meanwhile.
 */
export function startListening(
  target: DatabaseTarget,
  onWake: (what: WakeUp | undefined) => void,
): { stop(): Promise<void> } {
  let stopped = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let heartbeat: NodeJS.Timeout | undefined;

  function retry(broken: pg.Client): void {
    if (client !== broken) return;
    client = undefined;
    clearInterval(heartbeat);
    broken.end().catch(() => undefined);
    if (!stopped) timer = setTimeout(() => void connect(), RECONNECT_MS);
  }

  async function beat(connection: pg.Client): Promise<void> {
    try {
      await connection.query('select 1');
    } catch {
      retry(connection);
    }
  }

  async function connect(): Promise<void> {
    const next = new pg.Client({
      ...target,
      application_name: 'perf-ci listen',
      keepAlive: true,
      query_timeout: 5000,
    });
    client = next;
    next.on('error', () => retry(next));
    next.on('end', () => retry(next));
    next.on('notification', ({ payload }) => onWake(payload as WakeUp | undefined));
    try {
      await next.connect();
      await next.query('listen perf_ci');
    } catch {
      retry(next);
      return;
    }
    heartbeat = setInterval(() => void beat(next), HEARTBEAT_MS);
    onWake(undefined);
  }

  void connect();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      clearInterval(heartbeat);
      await client?.end().catch(() => undefined);
    },
  };
}
