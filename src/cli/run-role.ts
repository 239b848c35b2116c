import { startReporterRole } from '../../workers/reporter.ts';
import type { Service } from '../../workers/service.ts';
import { startWeb } from '../../workers/web.ts';
import { startWorker } from '../../workers/worker.ts';
import { type Config, readConfig } from '../config.ts';
import { PerfCiError, toPerfCiError } from '../domain/errors.ts';
import { createLog, type Log } from '../log.ts';
import { EXIT } from './exit-code.ts';
import type { Role } from './roles.ts';

const START: Record<Role, (config: Config, log: Log) => Promise<Service>> = {
  web: startWeb,
  worker: startWorker,
  reporter: startReporterRole,
};

const STOP_DEADLINE_MS = 110_000;

/** `perf-ci web|worker|reporter`: runs until SIGINT or SIGTERM. Ends the process, or @returns the exit code of a failed start */
export async function runRole(role: Role): Promise<number> {
  const config = readConfig(process.env);
  const log = createLog(role, config.logLevel);
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
  // A bug in one part must not leave a process that looks alive: end, and be started again.
  process.on('unhandledRejection', (error) => {
    log.fatal({ error }, 'a failure that nothing handled');
    process.exit(EXIT.noVerdict);
  });
  let service: Service;
  try {
    service = await START[role](config, log);
  } catch (error) {
    const known = toPerfCiError(error);
    log.error({ error, code: known.code, remedy: known.remedy }, `the ${role} could not be started`);
    if (error instanceof PerfCiError && error.blame === 'usage') return EXIT.usage;
    throw error;
  }
  log.info({ signal: await asked }, 'stopping');
  const deadline = setTimeout(() => {
    log.error('could not stop in time');
    process.exit(EXIT.noVerdict);
  }, STOP_DEADLINE_MS);
  await service.stop();
  clearTimeout(deadline);
  log.info('stopped');
  // Clients of a queue that died during the stop keep timers; nothing of ours is left to wait for.
  process.exit(EXIT.pass);
}
