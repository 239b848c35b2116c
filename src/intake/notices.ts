/** What a person is told in answer to a command. Fixed text of ours: nothing that anybody typed is repeated. */
export const NOTICES = {
  'needs-write-access': '`/perf` commands need write access to this repository.',
  'permission-unknown':
    'GitHub did not say whether you have write access to this repository, so nothing was started. Please ask again in a minute.',
  'pull-requests-only': '`/perf` commands work on pull requests only.',
  'fork-not-run': 'Pull requests from forks are not run in this version.',
  'pull-request-closed': 'This pull request is closed; nothing was started.',
  'already-running': 'The newest commit is being measured already; `/perf cancel` stops it.',
  'nothing-to-cancel': 'There is nothing to cancel: no run of this pull request is open.',
  help: [
    '`/perf run` measures the newest commit.',
    '`/perf rerun` measures it once more.',
    '`/perf cancel` stops what is being measured.',
    '`/perf help` shows this.',
    'Each needs write access and stands at the start of a line; the first in a comment counts.',
  ].join(' '),
} as const;

export type NoticeCode = keyof typeof NOTICES;

export interface Notice {
  code: NoticeCode;
  /** Markdown, one line. */
  text: string;
}

/** The notice called `code`. */
export function noticeOf(code: NoticeCode): Notice {
  return { code, text: NOTICES[code] };
}
