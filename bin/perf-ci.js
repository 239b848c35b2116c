#!/usr/bin/env node
// Kept in old syntax on purpose: it must parse on whatever Node the host has, to find the Node 24 that npm
// brought (optional dependency node-linux-*) and hand over to it.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const main = join(root, 'src', 'cli', 'main.ts');
const version = process.versions.node.split('.').map(Number);
const runsTypeScript = version[0] > 22 || (version[0] === 22 && version[1] >= 18);

function brought() {
  let folder = root;
  for (;;) {
    const candidate = join(folder, 'node_modules', '.bin', 'node');
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

const node = runsTypeScript ? process.execPath : brought();
if (node === undefined) {
  process.stderr.write(
    'perf-ci needs Node 22.18 or newer; found ' +
      process.versions.node +
      ' and no Node brought by npm.\nInstall Node 24, or run npm ci without --omit=optional.\n',
  );
  process.exit(3);
}
const child = spawn(node, [main].concat(process.argv.slice(2)), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 128 + (signal === 'SIGINT' ? 2 : 15) : code === null ? 3 : code;
});
