/** A refusal as the reader of an address sees it. */
export interface Problem {
  code: string;
  message: string;
  remedy: string;
}

export const NOT_FOUND: Problem = {
  code: 'not-found',
  message: 'there is nothing at this address',
  remedy: 'Follow the details link of a check; run pages may be switched off here (PERF_CI_SHOW_RUNS).',
};
export const UNAVAILABLE: Problem = {
  code: 'unavailable',
  message: 'the database does not answer',
  remedy: 'Try again in a minute.',
};
export const INTERNAL: Problem = {
  code: 'internal',
  message: 'something went wrong here',
  remedy: 'Look for this time in the log of perf-ci web.',
};

export const GET_EXPECTED: Problem = {
  code: 'method-not-allowed',
  message: 'GET expected',
  remedy: 'Use one of the methods in the Allow header.',
};
