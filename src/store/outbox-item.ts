import { withoutUndefined } from './storable.ts';

export type OutboxKind = 'comment' | 'check';
export type OutboxState = 'pending' | 'sending' | 'unknown' | 'sent' | 'dead';

/** One thing that GitHub should show. */
export interface OutboxItem {
  outboxId: string;
  kind: OutboxKind;
  installationId: string;
  repoId: string;
  repoFullName: string;
  /** comment: `pull/<number>`; check: `run/<run id>`. */
  slot: string;
  /** Run that wrote it last; undefined for an answer to a command where no run is. */
  runId?: string;
  desired: unknown;
  desiredVersion: number;
  sentVersion: number;
  state: OutboxState;
  /** GitHub's id of the comment or check, once known. */
  externalId?: string;
  /** Tries since it was last sent, this one included. */
  attempts: number;
  /** Names this claim; a later claim makes the marks of this one void. */
  claimNo: string;
  /** A send may have reached GitHub without our knowing: look before creating. */
  wasUnknown: boolean;
}

export interface OutboxRow {
  outbox_id: string;
  kind: OutboxKind;
  installation_id: string;
  repo_id: string;
  repo_full_name: string;
  slot: string;
  run_id: string | null;
  desired: unknown;
  desired_version: number;
  sent_version: number;
  state: OutboxState;
  external_id: string | null;
  attempts: number;
  claim_no: string;
}

/** The item in a row of `outbox`. */
export function toOutboxItem(row: OutboxRow, wasUnknown: boolean): OutboxItem {
  return withoutUndefined<OutboxItem>({
    outboxId: row.outbox_id,
    kind: row.kind,
    installationId: row.installation_id,
    repoId: row.repo_id,
    repoFullName: row.repo_full_name,
    slot: row.slot,
    runId: row.run_id ?? undefined,
    desired: row.desired,
    desiredVersion: row.desired_version,
    sentVersion: row.sent_version,
    state: row.state,
    externalId: row.external_id ?? undefined,
    attempts: row.attempts,
    claimNo: row.claim_no,
    wasUnknown,
  });
}
