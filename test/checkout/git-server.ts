import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A git server on the loopback: `git http-backend` behind a check of the Authorization header. */
export interface GitServer {
  baseUrl: string;
  requests: { path: string; authorization: string | undefined }[];
  close(): Promise<void>;
}

export interface GitServerOptions {
  /** Folder that holds `<owner>/<name>.git`. */
  root: string;
  /** Expected token; without one everybody may read. */
  token?: string;
  /** Old servers give only what their refs advertise. */
  onlyAdvertised?: boolean;
  /** Called while the fetching git waits for the answer. */
  onRequest?: () => void;
  /** Answers every request with this status instead. */
  failWith?: { status: number; headers?: Record<string, string> };
}

export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const requests: GitServer['requests'] = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '', authorization: request.headers.authorization });
    options.onRequest?.();
    if (options.failWith !== undefined) {
      response.writeHead(options.failWith.status, options.failWith.headers).end('no');
    } else if (options.token !== undefined && !isAllowed(request, options.token)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no');
    } else {
      passToGit(request, response, options);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isAllowed(request: IncomingMessage, token: string): boolean {
  return (
    request.headers.authorization === `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
  );
}

function passToGit(request: IncomingMessage, response: ServerResponse, options: GitServerOptions): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const protocol = request.headers['git-protocol'];
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: options.root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      ...(protocol === undefined || options.onlyAdvertised === true
        ? {}
        : { GIT_PROTOCOL: String(protocol) }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => {});
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.once('close', () => {
    const answer = Buffer.concat(chunks);
    const split = answer.indexOf('\r\n\r\n');
    const headers = answer.toString('latin1', 0, split).split('\r\n');
    let status = 200;
    for (const header of headers) {
      const [name = '', value = ''] = header.split(/: (.*)/s);
      if (name === 'Status') status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(status).end(answer.subarray(split + 4));
  });
}
