import { describe, expect, it } from 'vitest';
import { classifyError, classifyMintError, statedWaitMs } from '../../src/github/failure.ts';

const NOW_MS = Date.parse('2026-01-02T03:04:05Z');

function answer(status: number, message = 'text', headers: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { status, response: { status, headers } });
}

describe('an error of a request', () => {
  it.each([400, 404, 410, 422, 451, 409])('with status %i is final', (status) => {
    expect(classifyError(answer(status), NOW_MS)).toEqual({
      kind: 'rejected',
      status,
      message: `GitHub answered ${status}: text`,
    });
  });

  it('403 is final when a permission is missing', () => {
    const error = answer(403, 'Resource not accessible by integration', { 'x-ratelimit-remaining': '4999' });

    expect(classifyError(error, NOW_MS)).toMatchObject({ kind: 'rejected', status: 403 });
  });

  it.each([500, 502, 503, 504, 408, 401])('with status %i leaves the outcome unknown', (status) => {
    expect(classifyError(answer(status), NOW_MS)).toMatchObject({ kind: 'unknown-outcome' });
  });

  it('without an answer leaves the outcome unknown, whatever status octokit made up', () => {
    const made = Object.assign(new Error('fetch failed'), { status: 500, request: {} });

    expect(classifyError(made, NOW_MS)).toEqual({
      kind: 'unknown-outcome',
      message: 'no answer from GitHub: fetch failed',
    });
    expect(classifyError('text', NOW_MS)).toEqual({ kind: 'unknown-outcome', message: 'text' });
  });

  it.each([
    [403, 'You have exceeded a secondary rate limit', {}, undefined],
    [403, 'text', { 'retry-after': '30' }, 30_000],
    [429, 'text', { 'retry-after': '0' }, 1_000],
    [429, 'text', {}, undefined],
    [
      403,
      'API rate limit exceeded',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW_MS / 1_000 + 90) },
      91_000,
    ],
  ])('%i "%s" with %j is a rate limit', (status, message, headers, statedMs) => {
    expect(classifyError(answer(status, message, headers), NOW_MS)).toMatchObject({
      kind: 'rate-limited',
      statedMs,
    });
  });

  it('403 of a suspended installation says so', () => {
    expect(classifyError(answer(403, 'This installation has been suspended'), NOW_MS)).toMatchObject({
      kind: 'gone',
    });
  });

  it('404 while minting means that the installation is no more', () => {
    expect(classifyMintError(answer(404), NOW_MS)).toMatchObject({ kind: 'gone' });
    expect(classifyMintError(answer(422), NOW_MS)).toMatchObject({ kind: 'rejected' });
  });
});

describe('the wait that GitHub states', () => {
  it('is read against the clock of GitHub where the answer has it', () => {
    const headers = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(NOW_MS / 1_000 + 60),
      date: new Date(NOW_MS).toUTCString(),
    };

    expect(statedWaitMs(headers, NOW_MS + 3_600_000)).toBe(61_000);
    expect(statedWaitMs(headers, NOW_MS - 3_600_000)).toBe(61_000);
  });

  it.each([
    { 'retry-after': 'soon' },
    { 'retry-after': '' },
    { 'x-ratelimit-remaining': '0' },
    { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '99999999999' },
    {},
  ])('is none for %j', (headers) => {
    expect(statedWaitMs(headers, NOW_MS)).toBeUndefined();
  });
});
