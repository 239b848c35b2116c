/**
 * Whose fault a failure is. `head`: the pull request's; `base`: the code that was there before;
 * `config`: perf-ci.yml; `infra`: this installation or GitHub; `usage`: the caller of a command.
 */
export type Blame = 'head' | 'base' | 'config' | 'infra' | 'usage';

export interface PerfCiErrorOptions {
  /** What to do next, one sentence. */
  remedy?: string;
  /** Whether the same call may succeed later without a person doing anything. */
  retryable?: boolean;
  blame?: Blame;
  cause?: unknown;
  /** Structured facts for logs and for the edge that shows the error; never a secret. */
  details?: Record<string, unknown>;
}

/**
 * The one error type that crosses rooms. `code` is stable and kebab-case; `message` says what was expected
 * and what was found; `remedy` what to do. HTTP status, exit code and retry are chosen at the edge only.
 */
export class PerfCiError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;
  readonly retryable: boolean;
  readonly blame: Blame;
  readonly details: Record<string, unknown>;

  constructor(code: string, message: string, options: PerfCiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PerfCiError';
    this.code = code;
    this.remedy = options.remedy;
    this.retryable = options.retryable ?? false;
    this.blame = options.blame ?? 'infra';
    this.details = options.details ?? {};
  }
}

/** `error` as a {@link PerfCiError}; anything else becomes code `internal` with the original as cause. */
export function toPerfCiError(error: unknown): PerfCiError {
  if (error instanceof PerfCiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PerfCiError('internal', message, { cause: error });
}

/** `text` cut to `limit` characters for a message, with control characters made visible. */
export function clip(text: string, limit = 80): string {
  const visible = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD');
  return visible.length <= limit ? visible : `${visible.slice(0, limit - 1)}…`;
}
