import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';
import type { Exchange } from '../../src/github-double/contract.ts';

type Json = Record<string, unknown>;

interface Cut {
  operations: Record<string, { query: Json; body?: Json; responses: Record<string, Json | null> }>;
  schemas: Json;
}

const cut = JSON.parse(
  readFileSync(new URL('../../src/github-double/openapi.json', import.meta.url), 'utf8'),
) as Cut;
// The package is CommonJS whose default export is the function; its types and Node see that differently.
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void;

const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false });
addFormats(ajv);
ajv.addSchema({ $id: 'github', schemas: cut.schemas });

const compiled = new Map<string, ValidateFunction>();

/** Lets `#/schemas/x` point into the cut. */
function anchored(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/schemas/', '"github#/schemas/'));
}

function problems(key: string, schema: unknown, value: unknown): string[] {
  const validate = compiled.get(key) ?? ajv.compile(anchored(schema) as Json);
  compiled.set(key, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => `${key}: ${error.instancePath} ${error.message}`);
}

/** Query values are text on the wire; the description says what they stand for. */
function readQuery(schema: Json, value: unknown): unknown {
  if (schema['type'] === 'integer') return Number(value);
  if (schema['type'] === 'boolean') return value === 'true';
  return value;
}

/**
 * Holds an exchange with the double against GitHub's description: the answer always, and the request whenever the
 * double let it through. Returns what is wrong.
 */
export function checkAgainstDescription({ operation, request, response }: Exchange): string[] {
  const described = cut.operations[operation];
  if (described === undefined) return [`${operation} is not in the description`];
  const { status, body } = response;
  const schema = described.responses[String(status)];
  if (status >= 400 || status === 301 || status === 307) {
    const isRefusal =
      typeof body === 'object' && body !== null && typeof (body as Json)['message'] === 'string';
    return isRefusal ? [] : [`${operation} ${status}: a refusal without a message`];
  }
  if (schema === undefined) return [`${operation}: ${status} is not described`];
  const wantsText = typeof body === 'string';
  const answer = schema === null || wantsText ? [] : problems(`${operation} ${status}`, schema, body);
  const sent =
    described.body === undefined ? [] : problems(`${operation} body`, described.body, request.body);
  const query = Object.entries(request.query).flatMap(([name, value]) => {
    const wanted = described.query[name] as Json | undefined;
    return wanted === undefined ? [] : problems(`${operation} ?${name}`, wanted, readQuery(wanted, value));
  });
  return [...answer, ...sent, ...query];
}
