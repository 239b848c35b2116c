// Cuts the operations that the double serves out of GitHub's OpenAPI description, for the test-suite to hold every
// answer against. Run by hand when a route is added; the description itself (385 MB) is no dependency:
//
//   npm install --prefix /tmp/openapi @octokit/openapi@23.0.2
//   node src/github-double/cut-openapi.ts \
//     /tmp/openapi/node_modules/@octokit/openapi/generated/api.github.com.json > src/github-double/openapi.json
import { readFile } from 'node:fs/promises';
import { allRoutes } from './routes/all.ts';

type Json = Record<string, unknown>;

/** Prose and hints: nothing that an answer could break. */
const NOISE = new Set([
  'description',
  'example',
  'examples',
  'title',
  'default',
  'deprecated',
  'externalDocs',
  'discriminator',
  'readOnly',
]);

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((from, name) => (isJson(from) ? from[name] : undefined), value);
}

/** OpenAPI 3.0's `nullable` in the words of JSON Schema. */
function withNull(schema: Json): Json {
  const { nullable, ...rest } = schema;
  if (nullable !== true) return rest;
  if (typeof rest['type'] !== 'string') return { anyOf: [rest, { type: 'null' }] };
  const values = Array.isArray(rest['enum']) ? { enum: [...(rest['enum'] as unknown[]), null] } : {};
  return { ...rest, ...values, type: [rest['type'], 'null'] };
}

/** Properties are named by GitHub, so `title` and the like are noise only outside of them. */
function clean(value: unknown, isPropertyMap = false): unknown {
  if (Array.isArray(value)) return value.map((item) => clean(item));
  if (!isJson(value)) {
    return typeof value === 'string' && value.startsWith('#/components/')
      ? value.replace('#/components/', '#/')
      : value;
  }
  const kept = Object.entries(value)
    .filter(([name]) => isPropertyMap || !(NOISE.has(name) || name.startsWith('x-')))
    .map(([name, inner]) => [name, clean(inner, name === 'properties' && !isPropertyMap)]);
  const cleaned = Object.fromEntries(kept) as Json;
  return isPropertyMap ? cleaned : withNull(cleaned);
}

function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isJson(value)) return [];
  const own = value['$ref'];
  return [...(typeof own === 'string' ? [own] : []), ...Object.values(value).flatMap(references)];
}

function resolve(description: Json, value: unknown): unknown {
  const ref = at(value, '$ref');
  return typeof ref === 'string' ? at(description, ...ref.slice(2).split('/')) : value;
}

function querySchema(description: Json, operation: unknown): Json {
  const parameters = (at(operation, 'parameters') as unknown[] | undefined) ?? [];
  const inQuery = parameters
    .map((one) => resolve(description, one))
    .filter((one) => at(one, 'in') === 'query');
  return Object.fromEntries(inQuery.map((one) => [String(at(one, 'name')), clean(at(one, 'schema'))]));
}

/**
 * Where the description contradicts GitHub: the head of a pull request has no repository once its fork is deleted.
 */
function correctSchema(name: string, schema: unknown): unknown {
  const head = at(schema, 'properties', 'head', 'properties');
  if (name.startsWith('pull-request') && isJson(head))
    head['repo'] = { anyOf: [head['repo'], { type: 'null' }] };
  return schema;
}

/**
 * Where the description contradicts GitHub: this list wants an account to be a user *and* an enterprise (`allOf`),
 * which nothing can be; its entries are what GET of one installation gives.
 */
const CORRECTED: Json = {
  'GET /app/installations': { type: 'array', items: { $ref: '#/schemas/installation' } },
};

function cutOperation(description: Json, name: string): Json {
  const [method = '', path = ''] = name.split(' ');
  const operation = at(description, 'paths', path, method.toLowerCase());
  if (operation === undefined) throw new Error(`the description has no operation ${name}`);
  const responses = Object.entries(at(operation, 'responses') as Json).map(([status, response]) => {
    const content = at(resolve(description, response), 'content', 'application/json', 'schema');
    if (status === '200' && CORRECTED[name] !== undefined) return [status, CORRECTED[name]];
    return [status, content === undefined ? null : clean(content)];
  });
  const body = at(operation, 'requestBody', 'content', 'application/json', 'schema');
  return {
    query: querySchema(description, operation),
    ...(body === undefined ? {} : { body: clean(body) }),
    responses: Object.fromEntries(responses) as Json,
  };
}

function cutSchemas(description: Json, operations: Json): Json {
  const schemas: Json = {};
  const waiting = references(operations);
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    const name = ref.replace('#/schemas/', '');
    if (schemas[name] !== undefined) continue;
    const schema = correctSchema(name, clean(at(description, 'components', 'schemas', name)));
    schemas[name] = schema;
    waiting.push(...references(schema));
  }
  return schemas;
}

const [file = ''] = process.argv.slice(2);
const description = JSON.parse(await readFile(file, 'utf8')) as Json;
const served = allRoutes({ all: [], redeliver: () => false }).map((route) => route.operation);
const operations = Object.fromEntries(
  [...new Set(served)].sort().map((name) => [name, cutOperation(description, name)]),
) as Json;
const source = `@octokit/openapi ${String(at(description, 'info', 'version'))}, MIT`;

/** One operation or schema a line, so that a later cut shows what changed. */
function lines(entries: Json): string {
  return Object.entries(entries)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(',\n');
}

process.stdout.write(
  `{"source":${JSON.stringify(source)},\n"operations":{\n${lines(operations)}\n},\n"schemas":{\n${lines(cutSchemas(description, operations))}\n}}\n`,
);
