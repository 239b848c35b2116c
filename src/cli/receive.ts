import { createHmac, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { readConfig, requireSettings } from '../config.ts';
import { PerfCiError } from '../domain/errors.ts';
import { EXIT } from './exit-code.ts';

/** `perf-ci receive FILE`: replays a saved payload through the real door. @returns the exit code */
export async function runReceive(
  file: string,
  options: { event: string; delivery?: string; url?: string },
): Promise<number> {
  const config = readConfig(process.env);
  requireSettings(config, ['webhookSecrets']);
  let body: Buffer;
  try {
    body = await readFile(file);
  } catch (cause) {
    throw new PerfCiError('payload-unreadable', `cannot read ${file}: ${(cause as Error).message}`, {
      blame: 'usage',
      cause,
    });
  }
  const url = `${options.url ?? `http://${config.host}:${config.port}`}/webhooks/github`;
  const signature = createHmac('sha256', config.webhookSecrets[0] as string)
    .update(body)
    .digest('hex');
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: {
        'content-type': 'application/json',
        'x-github-event': options.event,
        'x-github-delivery': options.delivery ?? randomUUID(),
        'x-hub-signature-256': `sha256=${signature}`,
      },
    });
  } catch (cause) {
    throw new PerfCiError('web-unreachable', `no answer from ${url}`, {
      remedy: 'start perf-ci up, or name its address with --url',
      cause,
    });
  }
  process.stdout.write(`${response.status} ${await response.text()}\n`);
  return response.ok ? EXIT.pass : EXIT.usage;
}
