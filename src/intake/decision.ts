import type { RunRequest } from '../domain/run.ts';
import type { NamedRepository } from '../domain/github-event.ts';
import type { NoticeCode } from './notices.ts';
import type { InstallationState } from './ports.ts';

export interface Ignore {
  kind: 'ignore';
  reason: string;
}

/** The facts are older than the event; the same question gets a true answer in some seconds. */
export interface Later {
  kind: 'later';
  reason: string;
}

export interface StartRun {
  /** `fork` waits for an approval and is not run; `fork-deleted` is a run that has failed. */
  kind: 'run' | 'fork' | 'fork-deleted';
  request: RunRequest;
  /** Ends the open runs of the pull request before, for this reason. */
  cancelFirst?: string;
}

export interface CancelOpen {
  kind: 'cancel-open';
  repoId: string;
  pullNumber: number;
  by: string;
  noticeWhenNone?: NoticeCode;
}

export interface TellNotice {
  kind: 'notice';
  pullNumber: number;
  onPullRequest: boolean;
  code: NoticeCode;
}

export interface NoteInstallation {
  kind: 'installation';
  installationId: string;
  accountLogin: string;
  state: InstallationState;
  added: NamedRepository[];
  removed: NamedRepository[];
}

/** What follows from an event of a repository and the facts read for it. */
export type Decision = Ignore | Later | StartRun | CancelOpen | TellNotice;

/** Shorthand for the decision to do nothing. */
export function ignore(reason: string): Ignore {
  return { kind: 'ignore', reason };
}
