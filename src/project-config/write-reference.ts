/** Writes perf-ci.schema.json and docs/configuration.md from the schema: `node src/project-config/write-reference.ts`. */

import { writeFileSync } from 'node:fs';
import { jsonSchema } from './json-schema.ts';
import { referencePage } from './reference-page.ts';

const root = new URL('../../', import.meta.url);
writeFileSync(new URL('perf-ci.schema.json', root), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
writeFileSync(new URL('docs/configuration.md', root), referencePage());
