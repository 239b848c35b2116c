import { type CommandName, parseCommand } from './commands.ts';
import { type Decision, type Ignore, ignore, type TellNotice } from './decision.ts';
import type { IssueCommentEvent } from '../domain/github-event.ts';
import type { NoticeCode } from './notices.ts';
import { isBeingMeasured, isFork, type PullFacts, runOfHead } from './pull-standing.ts';

/** Whether the writer of a comment may command; `unknown` when GitHub did not say, which grants nothing. */
export type MayCommand = 'yes' | 'no' | 'unknown';

/**
 * The command in a comment, or why there is none to obey. Comments of bots and of our own App are never commands,
 * so that no answer of ours can start another.
 */
export function readCommand(
  event: IssueCommentEvent,
  ownAppId: string,
): { kind: 'command'; command: CommandName } | Ignore {
  if (event.actor.isBot || event.viaAppId === ownAppId) return ignore('comment of a bot');
  if (event.author.id !== event.actor.id) return ignore('the comment was not written by its sender');
  const command = parseCommand(event.body);
  return command === undefined ? ignore('no command') : { kind: 'command', command };
}

/**
 * Why a command is not obeyed, before the pull request is read; undefined when nothing speaks against it. A
 * stranger gets one answer on a pull request and none elsewhere.
 */
export function planRefusal(
  event: IssueCommentEvent,
  mayCommand: MayCommand,
): Ignore | TellNotice | undefined {
  if (mayCommand !== 'yes') {
    if (!event.onPullRequest) return ignore('pull requests only; and the writer has no write access');
    return notice(event, mayCommand === 'no' ? 'needs-write-access' : 'permission-unknown');
  }
  return event.onPullRequest ? undefined : notice(event, 'pull-requests-only');
}

/** What to do about a command of somebody with write access on a pull request. */
export function planCommand(event: IssueCommentEvent, command: CommandName, facts: PullFacts): Decision {
  const { pull, latest } = facts;
  if (pull === undefined || pull.baseRepoId !== event.repo.id) {
    return ignore('GitHub does not show the pull request to the App');
  }
  if (command === 'help') return notice(event, 'help');
  if (command === 'cancel') {
    return {
      kind: 'cancel-open',
      repoId: event.repo.id,
      pullNumber: event.issueNumber,
      by: event.author.login,
      noticeWhenNone: 'nothing-to-cancel',
    };
  }
  if (isFork(pull)) return notice(event, 'fork-not-run');
  if (pull.state === 'closed') return notice(event, 'pull-request-closed');
  if (isBeingMeasured(latest, pull)) return notice(event, 'already-running');
  return runOfHead(event, { ...pull, number: event.issueNumber }, facts);
}

function notice(event: IssueCommentEvent, code: NoticeCode): TellNotice {
  return { kind: 'notice', pullNumber: event.issueNumber, onPullRequest: event.onPullRequest, code };
}
