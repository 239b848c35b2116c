'use strict';
/**
 * Stands before a service that is not Node: starts the real command on a port of its own, listens on PORT once that port
 * accepts connections, and forwards HTTP/1. The preload beside it does to the forwarded requests what it does to Node's.
 */
require('./preload.cjs');
const { spawn } = require('node:child_process');
const http = require('node:http');
const net = require('node:net');

const HOST = '127.0.0.1';
const CONNECT_POLL_MS = 4;
const agent = new http.Agent({ keepAlive: true });

/** A free port with five digits, as the outer one has. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const { port } = server.address();
      server.close(() => resolve(port >= 10_000 ? port : freePort()));
    });
  });
}

function untilAccepting(port) {
  return new Promise((resolve) => {
    const attempt = () => {
      const socket = net.connect(port, HOST);
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', () => setTimeout(attempt, CONNECT_POLL_MS));
    };
    attempt();
  });
}

function forward(port, request, response) {
  const { method, url: path, rawHeaders } = request;
  const onward = http.request({
    host: HOST,
    port,
    method,
    path,
    headers: rawHeaders,
    agent,
    setDefaultHeaders: false,
  });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  // A connection that breaks behind us breaks before us too: the client must see the service's failure, not an answer of ours.
  onward.on('error', () => response.destroy());
  response.on('close', () => {
    if (!response.writableFinished) onward.destroy();
  });
  request.pipe(onward);
}

async function main() {
  const outer = process.env.PORT;
  const inner = await freePort();
  const { PERF_CI_PLANT: _plant, PERF_CI_PLANTED_COMMAND: text, ...env } = process.env;
  const [file, ...rest] = JSON.parse(text).map((part) => part.replaceAll('{port}', String(inner)));
  const service = spawn(file, rest, {
    env: { ...env, PORT: String(inner) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  service.once('error', (error) => {
    process.stderr.write(`could not be started: ${error.message}\n`);
    process.exit(127);
  });
  service.once('exit', (code) => process.exit(code ?? 1));
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => service.kill(signal));
  await untilAccepting(inner);
  const server = http.createServer((request, response) => forward(inner, request, response));
  server.keepAliveTimeout = 60_000;
  server.listen(Number(outer), HOST);
}

void main();
