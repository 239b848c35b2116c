/** Entries kept; a flood must not fill the memory of a test run. */
const LOG_LIMIT = 50_000;

export type TokenKind = 'app' | 'installation' | 'user' | 'none' | 'unknown';

export interface RequestRecord {
  method: string;
  /** Without the query. */
  path: string;
  /** 0 when the connection was cut or left without an answer. */
  status: number;
  /** Milliseconds since 1970, at the arrival of the request. */
  at: number;
  tokenKind: TokenKind;
}

/** Keeps the newest requests, oldest first. */
export function remember(log: RequestRecord[], entry: RequestRecord): void {
  log.push(entry);
  if (log.length > LOG_LIMIT) log.splice(0, log.length - LOG_LIMIT);
}
