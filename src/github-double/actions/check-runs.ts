import { resolveCommit } from '../git/history.ts';
import { invalidRequest } from '../http/problem.ts';
import { botLogin } from '../state/lookup.ts';
import type { CheckRunRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { emitCheckRun } from '../webhooks/pull-events.ts';
import { type CheckRunFields, checkCheckRun } from './check-rules.ts';

/** The check suite of a commit: one per app and commit. */
function suiteOf(world: World, repository: RepositoryRecord, sha: string): number {
  const key = `${repository.id}:${sha}`;
  const id = world.checkSuites.get(key) ?? world.ids.next('check-suite');
  world.checkSuites.set(key, id);
  return id;
}

function applyState(check: CheckRunRecord, fields: CheckRunFields): void {
  if (fields.started_at !== undefined) check.startedAtMs = Date.parse(fields.started_at);
  if (fields.conclusion !== undefined) {
    check.status = 'completed';
    check.conclusion = fields.conclusion;
    check.completedAtMs = fields.completed_at === undefined ? Date.now() : Date.parse(fields.completed_at);
  } else if (fields.status !== undefined) {
    // Reopened: GitHub drops the old conclusion.
    check.status = fields.status;
    check.conclusion = null;
    delete check.completedAtMs;
  }
}

function apply(check: CheckRunRecord, fields: CheckRunFields): void {
  const { output } = fields;
  if (fields.name !== undefined) check.name = fields.name;
  if (fields.details_url !== undefined) check.detailsUrl = fields.details_url;
  if (fields.external_id !== undefined) check.externalId = fields.external_id;
  if (fields.actions !== undefined) check.actions = fields.actions;
  if (output !== undefined) {
    check.title = output.title ?? check.title;
    check.summary = output.summary;
    check.text = output.text ?? check.text;
    // Annotations add up over the requests.
    check.annotations.push(...(output.annotations ?? []));
  }
  applyState(check, fields);
}

/**
 * Makes a check run of the app on a commit and announces it.
 * @throws HttpProblem 422 for fields outside GitHub's rules and for a commit that is not there
 */
export async function createCheckRun(
  world: World,
  repository: RepositoryRecord,
  body: Record<string, unknown>,
): Promise<CheckRunRecord> {
  const fields = checkCheckRun(body, true);
  const headSha = fields.head_sha ?? '';
  if (!/^[0-9a-f]{40}$/.test(headSha) || (await resolveCommit(repository.path, headSha)) === undefined) {
    throw invalidRequest(`No commit found for SHA: ${headSha}`);
  }
  const nowMs = Date.now();
  const check: CheckRunRecord = {
    id: world.ids.next('check-run'),
    suiteId: suiteOf(world, repository, headSha),
    repositoryId: repository.id,
    name: '',
    headSha,
    externalId: '',
    status: 'queued',
    conclusion: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    actions: [],
    startedAtMs: nowMs,
    createdAtMs: nowMs,
  };
  apply(check, fields);
  world.checkRuns.set(check.id, check);
  emitCheckRun(world, repository, check, { action: 'created', senderLogin: botLogin(world) });
  if (check.status === 'completed') {
    emitCheckRun(world, repository, check, { action: 'completed', senderLogin: botLogin(world) });
  }
  return check;
}

/** Changes a check run; its completion is announced. */
export function updateCheckRun(
  world: World,
  repository: RepositoryRecord,
  check: CheckRunRecord,
  body: Record<string, unknown>,
): void {
  const wasCompleted = check.status === 'completed';
  apply(check, checkCheckRun(body, false));
  if (check.status === 'completed' && !wasCompleted) {
    emitCheckRun(world, repository, check, { action: 'completed', senderLogin: botLogin(world) });
  }
}

/** Check runs of a repository, newest first, of one commit if a sha is given. */
export function checkRunsOf(world: World, repository: RepositoryRecord, sha?: string): CheckRunRecord[] {
  return [...world.checkRuns.values()]
    .filter((check) => check.repositoryId === repository.id && (sha === undefined || check.headSha === sha))
    .toReversed();
}
