import { verify } from 'node:crypto';
import { HttpProblem } from '../http/problem.ts';
import type { AppRecord } from '../state/world.ts';

/** Longest life of a JWT that GitHub accepts, in seconds, and what clocks may differ by. */
const MAX_LIFE_SECONDS = 600;
const CLOCK_SLACK_SECONDS = 5;

function decode(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const undecodable = (): HttpProblem => new HttpProblem(401, 'A JSON web token could not be decoded');

/**
 * Checks the JWT of an app (RS256; https://docs.github.com/apps, "Generating a JSON Web Token").
 * @throws {HttpProblem} 401 with GitHub's wording when anything about it is wrong
 */
export function checkAppToken(app: AppRecord, jwt: string, nowSeconds: number): void {
  const [head, payload, signature] = jwt.split('.');
  const claims = decode(payload);
  if (claims === undefined || decode(head)?.['alg'] !== 'RS256') throw undecodable();
  const signed = Buffer.from(`${head}.${payload}`);
  if (!verify('RSA-SHA256', signed, app.publicKey, Buffer.from(signature ?? '', 'base64url'))) {
    throw undecodable();
  }
  const { iss, iat, exp } = claims;
  if (String(iss) !== String(app.id) && iss !== app.clientId) {
    throw new HttpProblem(401, "'Issuer' claim ('iss') must be an Integer or the client id of the app");
  }
  if (typeof iat !== 'number' || iat > nowSeconds + CLOCK_SLACK_SECONDS) {
    throw new HttpProblem(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (typeof exp !== 'number' || exp <= nowSeconds) {
    throw new HttpProblem(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > nowSeconds + MAX_LIFE_SECONDS + CLOCK_SLACK_SECONDS) {
    throw new HttpProblem(401, "'Expiration time' claim ('exp') is too far in the future");
  }
}
