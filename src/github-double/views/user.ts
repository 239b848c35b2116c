import { nodeId } from '../state/ids.ts';
import { userByLogin } from '../state/lookup.ts';
import type { UserRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { iso } from './time.ts';

/** `simple-user`: how people, organisations and bots appear inside other answers. */
export function simpleUser(
  world: World,
  user: UserRecord,
): Record<string, unknown> & { login: string; id: number } {
  const url = `${world.url}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId('U', user.id),
    avatar_url: `${world.url}/avatars/u/${user.id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${world.url}/${encodeURIComponent(user.login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

export function simpleUserByLogin(world: World, login: string): ReturnType<typeof simpleUser> {
  return simpleUser(world, userByLogin(world, login));
}

/** `public-user`: GET /users/{username}. */
export function publicUser(world: World, user: UserRecord): Record<string, unknown> {
  const repositories = [...world.repositories.values()];
  return {
    ...simpleUser(world, user),
    name: user.login,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: repositories.filter((r) => r.ownerLogin === user.login && !r.isPrivate).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: iso(user.createdAtMs),
    updated_at: iso(user.createdAtMs),
  };
}
