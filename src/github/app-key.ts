import { createPrivateKey } from 'node:crypto';
import { clip, PerfCiError } from '../domain/errors.ts';

/**
 * The App's private key as PKCS#8 PEM, whichever PEM it came in.
 *
 * @throws PerfCiError `github-private-key` when it is no RSA key; the message never holds a part of it
 */
export function readPrivateKey(pem: string): string {
  const remedy = 'give the .pem file that GitHub offers under "Private keys" of the App';
  const key = parseKey(pem, remedy);
  if (key.asymmetricKeyType !== 'rsa') {
    throw new PerfCiError(
      'github-private-key',
      `expected an RSA key, found ${key.asymmetricKeyType ?? 'none'}`,
      {
        remedy,
        blame: 'usage',
      },
    );
  }
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * The App's numeric id.
 *
 * @throws PerfCiError `github-app-id` for anything but a positive integer
 */
export function parseAppId(value: string | number): number {
  const id = Number(value);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new PerfCiError('github-app-id', `expected a positive integer, found ${clip(String(value))}`, {
    remedy: 'set GITHUB_APP_ID to the "App ID" shown on the settings page of the App',
    blame: 'usage',
  });
}

function parseKey(pem: string, remedy: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause is left out: an error of the parser may quote what it read.
    throw new PerfCiError('github-private-key', 'expected a PEM private key, found something else', {
      remedy,
      blame: 'usage',
    });
  }
}
