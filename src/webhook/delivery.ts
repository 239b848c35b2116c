/** A delivery as it is handed to the database. */
export interface WebhookDelivery {
  /** UUID, lower case. */
  deliveryId: string;
  event: string;
  action?: string;
  /** Exactly the bytes that were signed. */
  body: Buffer;
  /** Set when nothing will be done about it; it is stored as ignored. */
  ignoredBecause?: string;
}

/** `conflict`: the same delivery id was stored before with another body. */
export type StoreOutcome = 'stored' | 'repeated' | 'conflict';

export interface WebhookLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface WebhookOptions {
  /** All are valid; the second is for the days of a rotation. */
  secrets: readonly string[];
  /** Resolves after COMMIT and not before: the answer to GitHub hangs on it. */
  store: (delivery: WebhookDelivery) => Promise<StoreOutcome>;
  log: WebhookLog;
  /** Large bodies held, and deliveries being stored, at once; 16 if not given. */
  maxInFlight?: number;
  /** Deliveries that may stand in line for the database before 503; 256 if not given. */
  maxWaiting?: number;
  /** From the end of the headers to the last byte of the body; 10 s if not given. */
  bodyDeadlineMs?: number;
  /** Time in line and in the database together; 5 s if not given, GitHub hangs up after 10 s. */
  storeDeadlineMs?: number;
}
