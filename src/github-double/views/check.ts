import { nodeId } from '../state/ids.ts';
import type { AnnotationRecord, CheckRunRecord, RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { appView } from './app.ts';
import { minimalPullView } from './pull.ts';
import { repositoryPage, repositoryUrl } from './repository.ts';
import { iso, isoOrNull } from './time.ts';

/** Open pull requests with that head; those from forks are left out, as on GitHub. */
function pullsOf(
  world: World,
  repository: RepositoryRecord,
  check: CheckRunRecord,
): Record<string, unknown>[] {
  return [...repository.pulls.values()]
    .filter((pull) => pull.state === 'open' && pull.headSha === check.headSha)
    .filter((pull) => pull.headRepositoryId === repository.id)
    .map((pull) => minimalPullView(world, repository, pull));
}

/** `check-run`. */
export function checkRunView(
  world: World,
  repository: RepositoryRecord,
  check: CheckRunRecord,
): Record<string, unknown> {
  const url = `${repositoryUrl(world, repository)}/check-runs/${check.id}`;
  return {
    id: check.id,
    name: check.name,
    node_id: nodeId('CR', check.id),
    head_sha: check.headSha,
    external_id: check.externalId,
    url,
    html_url: `${repositoryPage(world, repository)}/runs/${check.id}`,
    details_url: check.detailsUrl ?? `${world.url}/apps/${world.app.slug}/about`,
    status: check.status,
    conclusion: check.conclusion,
    started_at: iso(check.startedAtMs),
    completed_at: isoOrNull(check.completedAtMs),
    output: {
      title: check.title,
      summary: check.summary,
      text: check.text,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: check.suiteId },
    app: appView(world),
    pull_requests: pullsOf(world, repository, check),
  };
}

/** `check-annotation`. */
export function annotationView(
  world: World,
  repository: RepositoryRecord,
  check: CheckRunRecord,
  annotation: AnnotationRecord,
): Record<string, unknown> {
  return {
    path: annotation.path,
    blob_href: `${repositoryPage(world, repository)}/blob/${check.headSha}/${annotation.path}`,
    start_line: annotation.start_line,
    end_line: annotation.end_line,
    start_column: annotation.start_column ?? null,
    end_column: annotation.end_column ?? null,
    annotation_level: annotation.annotation_level,
    title: annotation.title ?? null,
    message: annotation.message,
    raw_details: annotation.raw_details ?? null,
  };
}
