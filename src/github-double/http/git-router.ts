import type { ChildProcess } from 'node:child_process';
import type { Request, Response } from 'express';
import { announcePushes } from '../actions/announce-pushes.ts';
import { gitAccess } from '../auth/git-access.ts';
import type { Identity } from '../auth/identity.ts';
import { GIT_PATH, serveGit, serviceOf } from '../git/smart-http.ts';
import { botLogin, findRepository } from '../state/lookup.ts';
import type { World } from '../state/world.ts';

function refuse(response: Response, status: number, message: string): void {
  response.status(status).type('text/plain');
  if (status === 401) response.setHeader('www-authenticate', 'Basic realm="GitHub"');
  response.send(`${message}\n`);
}

/** Serves `git clone`, `fetch` and `push`; false when the request is none of git's. */
export async function serveGitRequest(
  world: World,
  children: Set<ChildProcess>,
  request: Request,
  response: Response,
): Promise<boolean> {
  const match = GIT_PATH.exec(request.path);
  if (match === null) return false;
  const [, owner = '', name = '', tail = ''] = match;
  const service = serviceOf(tail, request.query);
  const isVerbRight = request.method === (tail === 'info/refs' ? 'GET' : 'POST');
  if (service === undefined || !isVerbRight) {
    refuse(response, 403, 'Please upgrade your git client.');
    return true;
  }
  const repository =
    findRepository(world, owner, name) ??
    world.repositories.get(world.renamed.get(`${owner}/${name}`.toLowerCase()) ?? 0);
  const isPush = service === 'git-receive-pack';
  const access = gitAccess(response.locals['identity'] as Identity, repository, {
    isPush,
    botLogin: botLogin(world),
  });
  if (access.kind === 'refused' || repository === undefined) {
    if (access.kind === 'refused') refuse(response, access.status, access.message);
    else refuse(response, 404, 'Repository not found.');
    return true;
  }
  const serve = (): Promise<void> =>
    serveGit(request, response, {
      repositoryPath: repository.path,
      tail,
      remoteUser: access.login,
      children,
    });
  if (isPush && tail !== 'info/refs') {
    // The events are out before the client's push returns, and concurrent pushes keep their own senders.
    await world.exclusively(async () => {
      await serve();
      await announcePushes(world, repository, access.login);
    });
  } else {
    await serve();
  }
  response.end();
  return true;
}
