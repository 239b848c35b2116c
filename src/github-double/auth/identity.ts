import { HttpProblem, badCredentials } from '../http/problem.ts';
import type { InstallationToken, UserRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { checkAppToken } from './app-token.ts';

/** Who a request comes from, by its Authorization header. */
export type Identity =
  | { kind: 'none' }
  | { kind: 'unknown'; problem: HttpProblem }
  | { kind: 'app' }
  | { kind: 'installation'; token: InstallationToken }
  | { kind: 'user'; user: UserRecord };

/** The secret inside `Bearer x`, `token x` or `Basic base64(name:x)`; undefined when there is none. */
function secretOf(header: string): string | undefined {
  const [scheme = '', value = ''] = header.split(/\s+/, 2);
  if (scheme.toLowerCase() !== 'basic') return value === '' ? undefined : value;
  const [name = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
  // A token may also stand in the place of the user name, with no password or with this constant.
  const secret = password.join(':');
  return secret === '' || secret === 'x-oauth-basic' ? name : secret;
}

function identifySecret(world: World, secret: string): Identity {
  if (secret.split('.').length === 3) {
    checkAppToken(world.app, secret, Date.now() / 1000);
    return { kind: 'app' };
  }
  const token = world.tokens.get(secret);
  if (token !== undefined) {
    const installation = world.installations.get(token.installationId);
    if (installation === undefined || token.expiresAtMs <= Date.now()) throw badCredentials();
    if (installation.state === 'suspended') {
      throw new HttpProblem(403, 'This installation has been suspended');
    }
    return { kind: 'installation', token };
  }
  for (const user of world.users.values()) {
    if (user.token === secret && user.type !== 'Bot') return { kind: 'user', user };
  }
  throw badCredentials();
}

/** Reads the Authorization header; wrong credentials are told apart from none at all. */
export function identify(world: World, header: string | undefined): Identity {
  const secret = header === undefined ? undefined : secretOf(header);
  if (secret === undefined) return { kind: 'none' };
  try {
    return identifySecret(world, secret);
  } catch (error) {
    if (error instanceof HttpProblem) return { kind: 'unknown', problem: error };
    throw error;
  }
}
