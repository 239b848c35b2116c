// Node strips types everywhere but below a node_modules folder (ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING), which
// is where an installed copy of this package lies. Loaded by --import there, and only there, it strips the types of
// this package's own files. No file of another package is touched.
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url).href;
const dependencies = new URL('../node_modules/', import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(root) || url.startsWith(dependencies) || !url.endsWith('.ts')) {
      return nextLoad(url, context);
    }
    const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'), { mode: 'strip' });
    return { format: 'module', source, shortCircuit: true };
  },
});
