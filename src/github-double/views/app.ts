import { nodeId } from '../state/ids.ts';
import type { InstallationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { iso, isoOrNull } from './time.ts';
import { simpleUserByLogin } from './user.ts';

/** Login of the account that the app belongs to. */
export const APP_OWNER = 'perf-ci-operator';

/** Events that the app subscribes to; they follow from its permissions. */
export const APP_EVENTS = ['check_run', 'issue_comment', 'pull_request', 'push', 'repository'];

/** `integration`: the app as it appears on its checks and comments. */
export function appView(world: World): Record<string, unknown> {
  const { app } = world;
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    node_id: nodeId('A', app.id),
    owner: simpleUserByLogin(world, APP_OWNER),
    name: app.slug,
    description: '',
    external_url: `${world.url}/apps/${app.slug}/about`,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: iso(app.createdAtMs),
    updated_at: iso(app.createdAtMs),
    permissions: app.permissions,
    events: APP_EVENTS,
  };
}

/** `installation`: the app on one account. */
export function installationView(world: World, installation: InstallationRecord): Record<string, unknown> {
  const account = simpleUserByLogin(world, installation.accountLogin);
  const isSuspended = installation.suspendedAtMs !== undefined;
  return {
    id: installation.id,
    client_id: world.app.clientId,
    account,
    repository_selection: 'selected',
    access_tokens_url: `${world.url}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.url}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${installation.id}`,
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: account.id,
    target_type: account['type'],
    permissions: installation.permissions,
    events: APP_EVENTS,
    created_at: iso(installation.createdAtMs),
    updated_at: iso(installation.createdAtMs),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: isSuspended ? account : null,
    suspended_at: isoOrNull(installation.suspendedAtMs),
  };
}
