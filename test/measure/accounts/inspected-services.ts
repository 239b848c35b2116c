import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chooseInspectorPorts, withInspectorPort } from '../../../src/measure/accounts/node-options.ts';
import { endProcessTree } from '../../../src/processes/end-process-tree.ts';
import { choosePorts } from '../../../src/measure/slots.ts';

const SERVE = `
const kept = [];
globalThis.keep = kept;
createServer((request, response) => {
  if (request.url === '/keep') kept.push(new Uint8Array(5e6).fill(1));
  if (request.url === '/waste') new Array(1e6).fill({});
  response.end('ok');
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('up'));`;

/** Small Node services in a folder of their own, started with the option for the inspector's port. */
export class InspectedServices {
  readonly folder = mkdtempSync(join(tmpdir(), 'perf-ci-inspected-'));
  port = 0;
  inspectorPort = 0;
  readonly #running: ChildProcess[] = [];

  async prepare(): Promise<void> {
    writeFileSync(join(this.folder, 'esm.mjs'), `import { createServer } from 'node:http';${SERVE}`);
    writeFileSync(join(this.folder, 'cjs.cjs'), `const { createServer } = require('node:http');${SERVE}`);
    const child = JSON.stringify(join(this.folder, 'cjs.cjs'));
    const parent = `require('node:child_process').fork(${child}, { stdio: 'inherit' });`;
    writeFileSync(join(this.folder, 'parent.cjs'), parent);
    this.port = (await choosePorts('auto', 'base')).base;
    this.inspectorPort = (await chooseInspectorPorts()).base;
  }

  /** Starts a program and waits until it has printed `says`. @returns its pid */
  async start(args: string[], says = 'up', program = process.execPath): Promise<number> {
    const own = { PATH: process.env['PATH'] ?? '', PORT: String(this.port) };
    const child = spawn(program, args, {
      env: withInspectorPort(own, this.inspectorPort),
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    this.#running.push(child);
    child.stdout.setEncoding('utf8');
    let output = '';
    while (!output.includes(says)) output += ((await once(child.stdout, 'data')) as [string])[0];
    return child.pid ?? 0;
  }

  async ask(path: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { connection: 'close' } });
    return answer.text();
  }

  async stopAll(): Promise<void> {
    for (const child of this.#running.splice(0)) {
      await endProcessTree({ pid: child.pid ?? 0, marker: `INSPECTED=${child.pid}` }, 0);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
