import { clip, PerfCiError } from '../domain/errors.ts';

/** Names one repository on one server; the clone address is made from it and never given by a user. */
export interface CloneAddress {
  /** For example `https://github.com`. */
  cloneBaseUrl: string;
  /** `owner/name`. */
  repoFullName: string;
}

// Owners: letters, digits, hyphens, and the underscore of enterprise-managed accounts. A name made of dots only
// would climb in the path.
const FULL_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The address from which git fetches: https, or http on a loopback host (a proxy or a test double on this machine).
 * @throws PerfCiError `bad-clone-address` for any other scheme, credentials, query, or a name that GitHub never gives.
 */
export function cloneUrl(address: CloneAddress): string {
  if (!FULL_NAME.test(address.repoFullName)) {
    throw badAddress(`expected a repository name such as owner/name, found "${clip(address.repoFullName)}"`);
  }
  const base = parseBase(address.cloneBaseUrl);
  const path = base.pathname.replace(/\/+$/, '');
  return `${base.origin}${path}/${address.repoFullName}.git`;
}

function parseBase(cloneBaseUrl: string): URL {
  if (!URL.canParse(cloneBaseUrl)) {
    throw badAddress(`expected an address such as https://github.com, found "${clip(cloneBaseUrl)}"`);
  }
  const base = new URL(cloneBaseUrl);
  const mayBePlain = LOOPBACK_HOST.test(base.hostname);
  if (base.protocol !== 'https:' && !(base.protocol === 'http:' && mayBePlain)) {
    throw badAddress(`expected https (http on loopback only), found "${clip(cloneBaseUrl)}"`);
  }
  if (base.username !== '' || base.password !== '') {
    throw badAddress('expected an address without user name and password, found some');
  }
  if (base.search !== '' || base.hash !== '' || !/^[A-Za-z0-9._/-]*$/.test(base.pathname)) {
    throw badAddress(`expected an address with a plain path, found "${clip(cloneBaseUrl)}"`);
  }
  return base;
}

function badAddress(message: string): PerfCiError {
  return new PerfCiError('bad-clone-address', message, {
    remedy: 'check GITHUB_API_URL and the clone address derived from it',
  });
}
