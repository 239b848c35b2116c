#!/usr/bin/env node
// Kept in old syntax on purpose: it must parse on whatever Node the host has, to find the Node 24 that npm
// brought (optional dependency node-linux-*) and hand over to it.
import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';

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
// As src/node-command.ts decides, which cannot be imported before Node can read it.
const flags =
  root.split(sep).indexOf('node_modules') === -1
    ? []
    : [
        '--disable-warning=ExperimentalWarning',
        '--import',
        pathToFileURL(join(root, 'bin', 'strip-types.js')).href,
      ];
const child = spawn(node, flags.concat([main], process.argv.slice(2)), { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// Ctrl-C reaches the whole foreground group: passed on as well, the child would get it twice and die of the second.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT');
});
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 128 + (signal === 'SIGINT' ? 2 : 15) : code === null ? 3 : code;
});
