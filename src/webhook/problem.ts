import { clip } from '../domain/errors.ts';

/** A refusal as the sender sees it. */
export interface Problem {
  status: 400 | 401 | 405 | 408 | 409 | 413 | 415 | 422 | 503;
  /** Stable, kebab-case. */
  code: string;
  /** What was expected and, where it is safe to repeat, what was found. */
  message: string;
  remedy: string;
}

const REMEDY_SECRET = 'Give the GitHub App and this server the same webhook secret.';
const REMEDY_GITHUB =
  'Send deliveries as GitHub does, unchanged; see the recent deliveries of the GitHub App.';
const REMEDY_LATER =
  'Redeliver it from the settings of the GitHub App once the server answers /readyz with 200.';

/** Every refusal that needs no fact of the request. */
export const PROBLEMS = {
  method: {
    status: 405,
    code: 'method-not-allowed',
    message: 'POST expected',
    remedy: 'This address takes webhook deliveries only.',
  },
  signatureMissing: {
    status: 401,
    code: 'signature-missing',
    message: 'missing X-Hub-Signature-256',
    remedy: 'Set a webhook secret in the settings of the GitHub App.',
  },
  signatureOld: {
    status: 401,
    code: 'signature-sha1',
    message: 'sha256 signature required',
    remedy: 'Send X-Hub-Signature-256; the SHA-1 header alone is not accepted.',
  },
  signatureWrong: {
    status: 401,
    code: 'signature-mismatch',
    message: 'X-Hub-Signature-256 does not match the body',
    remedy: REMEDY_SECRET,
  },
  compressed: {
    status: 415,
    code: 'body-compressed',
    message: 'compressed bodies not accepted',
    remedy: 'Send the body without Content-Encoding.',
  },
  tooLarge: {
    status: 413,
    code: 'body-too-large',
    message: 'body of at most 25 MiB expected',
    remedy: 'GitHub sends no larger payload; look for what else posts to this address.',
  },
  tooSlow: {
    status: 408,
    code: 'body-too-slow',
    message: 'the whole body expected within 10 s',
    remedy: 'Look at the network between GitHub and this server, then redeliver.',
  },
  notUtf8: {
    status: 400,
    code: 'body-not-utf8',
    message: 'body is not UTF-8 JSON',
    remedy: REMEDY_GITHUB,
  },
  notObject: {
    status: 400,
    code: 'body-not-object',
    message: 'JSON object expected',
    remedy: REMEDY_GITHUB,
  },
  tooIntricate: {
    status: 400,
    code: 'body-too-intricate',
    message: 'JSON object of at most 64 levels, 60,000 keys and 1,000,000 values expected',
    remedy: REMEDY_GITHUB,
  },
  noInstallation: {
    status: 422,
    code: 'installation-missing',
    message: 'no installation in the payload: install the GitHub App',
    remedy: 'Remove the repository webhook and install the GitHub App; it sends its own deliveries.',
  },
  conflict: {
    status: 409,
    code: 'delivery-conflict',
    message: 'this X-GitHub-Delivery was already stored with another body',
    remedy: 'Find out who else posts to this address with a valid secret.',
  },
  busy: {
    status: 503,
    code: 'busy',
    message: 'too many deliveries in flight',
    remedy: REMEDY_LATER,
  },
  notStored: {
    status: 503,
    code: 'not-stored',
    message: 'the delivery could not be stored',
    remedy: REMEDY_LATER,
  },
} as const satisfies Record<string, Problem>;

/** The content type is not JSON in UTF-8. */
export function contentTypeProblem(found: string | undefined): Problem {
  return {
    status: 415,
    code: 'content-type',
    message: `set the webhook content type to application/json, found ${show(found)}`,
    remedy: 'Choose application/json under "Content type" in the webhook settings of the GitHub App.',
  };
}

/** A header of GitHub's is missing or malformed. `rule` names the header. */
export function headerProblem(code: string, rule: string, found: string | undefined): Problem {
  return { status: 400, code, message: `${rule}, found ${show(found)}`, remedy: REMEDY_GITHUB };
}

/** The payload has not the shape of the event that the header names. */
export function mismatchProblem(event: string): Problem {
  return {
    status: 422,
    code: 'event-mismatch',
    message: `payload does not match event ${event}`,
    remedy: REMEDY_GITHUB,
  };
}

/** A field breaks its rule. `path` is dotted, `rule` says what is expected. */
export function fieldProblem(path: string, rule: string, found: unknown): Problem {
  return {
    status: 422,
    code: 'payload-field',
    message: `${path}: ${rule} expected, found ${show(found)}`,
    remedy: REMEDY_GITHUB,
  };
}

/** A hostile value in a message: strings quoted and clipped, containers named only. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `"${clip(value)}"`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return 'an object';
}
