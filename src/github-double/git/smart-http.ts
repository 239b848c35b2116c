import { type ChildProcess, spawn } from 'node:child_process';
import { basename, dirname } from 'node:path';
import type { Request, Response } from 'express';
import { gitEnvironment } from './run-git.ts';

/** Longest that one git request may take, in milliseconds. */
const BACKEND_TIMEOUT_MS = 120_000;

export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** The three addresses of git's smart protocol below a repository. */
export const GIT_PATH = /^\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/** Which service a request asks for; undefined for the dumb protocol, which GitHub does not speak either. */
export function serviceOf(tail: string, query: Record<string, unknown>): GitService | undefined {
  const name = tail === 'info/refs' ? query['service'] : tail;
  return name === 'git-upload-pack' || name === 'git-receive-pack' ? name : undefined;
}

function cgiEnvironment(
  request: Request,
  repositoryPath: string,
  tail: string,
  remoteUser: string,
): NodeJS.ProcessEnv {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const length = request.headers['content-length'];
  return gitEnvironment({
    GIT_PROJECT_ROOT: dirname(repositoryPath),
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${basename(repositoryPath)}/${tail}`,
    QUERY_STRING: request.originalUrl.split('?')[1] ?? '',
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: header('content-type'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_USER: remoteUser,
    ...(length === undefined ? {} : { CONTENT_LENGTH: length }),
  });
}

/** Reads the CGI header block; undefined while it is not complete. */
function splitHead(bytes: Buffer): { status: number; headers: [string, string][]; rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const lines = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const status = Number.parseInt(headers.find(([name]) => name === 'status')?.[1] ?? '200', 10);
  return { status, headers: headers.filter(([name]) => name !== 'status'), rest: bytes.subarray(end + 4) };
}

/**
 * Hands a request to `git http-backend` and its output to the client; resolves when git has ended.
 * The caller has checked who asks.
 */
export function serveGit(
  request: Request,
  response: Response,
  about: { repositoryPath: string; tail: string; remoteUser: string; children: Set<ChildProcess> },
): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('git', ['http-backend'], {
      env: cgiEnvironment(request, about.repositoryPath, about.tail, about.remoteUser),
      timeout: BACKEND_TIMEOUT_MS,
    });
    about.children.add(child);
    let head = Buffer.alloc(0);
    let isBodyOpen = false;
    child.stdout.on('data', (chunk: Buffer) => {
      if (isBodyOpen) {
        if (!response.write(chunk)) child.stdout.pause();
        return;
      }
      head = Buffer.concat([head, chunk]);
      const parsed = splitHead(head);
      if (parsed === undefined) return;
      isBodyOpen = true;
      response.status(parsed.status);
      for (const [name, value] of parsed.headers) response.setHeader(name, value);
      response.write(parsed.rest);
    });
    response.on('drain', () => child.stdout.resume());
    response.on('close', () => {
      if (!response.writableEnded) child.kill();
    });
    child.stderr.resume();
    child.stdin.on('error', () => {});
    child.on('error', () => response.destroy());
    child.on('close', () => {
      about.children.delete(child);
      // An answer that was cut off by the client still waits for nothing more.
      if (!isBodyOpen && !response.headersSent) response.status(500);
      resolve();
    });
    request.pipe(child.stdin);
  });
}
