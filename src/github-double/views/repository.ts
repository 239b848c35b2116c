import { nodeId } from '../state/ids.ts';
import { fullName } from '../state/lookup.ts';
import type { RepositoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { iso } from './time.ts';
import { simpleUserByLogin } from './user.ts';

export function repositoryUrl(world: World, repository: RepositoryRecord): string {
  return `${world.url}/repos/${fullName(repository)}`;
}

export function repositoryPage(world: World, repository: RepositoryRecord): string {
  return `${world.url}/${fullName(repository)}`;
}

const PLAIN_LINKS = [
  'contributors',
  'deployments',
  'downloads',
  'events',
  'forks',
  'hooks',
  'languages',
  'merges',
  'stargazers',
  'subscribers',
  'subscription',
  'tags',
  'teams',
];

const TEMPLATE_LINKS: Record<string, string> = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  statuses: '/statuses/{sha}',
  trees: '/git/trees{/sha}',
};

function links(api: string): Record<string, string> {
  const plain = PLAIN_LINKS.map((name) => [`${name}_url`, `${api}/${name}`]);
  const templates = Object.entries(TEMPLATE_LINKS).map(([name, tail]) => [`${name}_url`, api + tail]);
  return Object.fromEntries([...plain, ...templates]) as Record<string, string>;
}

/** `repository`: as in webhooks, and as head and base of pull requests. */
export function repositoryView(world: World, repository: RepositoryRecord): Record<string, unknown> {
  const api = repositoryUrl(world, repository);
  const page = repositoryPage(world, repository);
  const openPulls = [...repository.pulls.values()].filter((pull) => pull.state === 'open').length;
  const forks = [...world.repositories.values()].filter((other) => other.parentId === repository.id).length;
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.isPrivate,
    owner: simpleUserByLogin(world, repository.ownerLogin),
    html_url: page,
    description: null,
    fork: repository.parentId !== undefined,
    url: api,
    ...links(api),
    created_at: iso(repository.createdAtMs),
    updated_at: iso(repository.pushedAtMs),
    pushed_at: iso(repository.pushedAtMs),
    git_url: `git:${page.slice(page.indexOf('//'))}.git`,
    ssh_url: `git@github.invalid:${fullName(repository)}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: forks,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: openPulls,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    custom_properties: {},
    visibility: repository.isPrivate ? 'private' : 'public',
    forks,
    open_issues: openPulls,
    watchers: 0,
    default_branch: repository.defaultBranch,
  };
}

/** The five fields that installation events give of a repository. */
export function shortRepositoryView(repository: RepositoryRecord): Record<string, unknown> {
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.isPrivate,
  };
}

/** `full-repository`: GET of one repository. */
export function fullRepositoryView(world: World, repository: RepositoryRecord): Record<string, unknown> {
  const parent = repository.parentId === undefined ? undefined : world.repositories.get(repository.parentId);
  const origin =
    parent === undefined
      ? {}
      : { parent: repositoryView(world, parent), source: repositoryView(world, parent) };
  return {
    ...repositoryView(world, repository),
    network_count: 0,
    subscribers_count: 0,
    temp_clone_token: null,
    ...origin,
  };
}
