import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Keys whose values are secrets wherever they turn up in a structured field. */
const SECRET_KEYS = [
  'token',
  'secret',
  'privateKey',
  'privateKeyPem',
  'authorization',
  'password',
  'connectionString',
];

/**
 * One JSON line an event on stderr, so that a command's stdout stays its answer. A fixed message with
 * structured fields; `error` means that someone should act.
 */
export function createLog(name: string, level: string): Log {
  return pino(
    {
      name,
      level,
      base: { name, pid: process.pid },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '[secret]' },
      serializers: {
        // Messages may quote hostile text; JSON escapes it. Stacks stay out of info and warn lines.
        error: (error: unknown) =>
          error instanceof Error
            ? { message: error.message, code: (error as { code?: unknown }).code, stack: error.stack }
            : String(error),
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
