import { fromJSON, type MethodDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';

import type { GrpcSpec } from '../../domain/benchmark.ts';
import { clip, PerfCiError } from '../../domain/errors.ts';

const MAX_PROTO_BYTES = 256 * 1024;
/** Well-known types that come with protobufjs and proto-loader: nothing is read from disk for them. */
const KNOWN_IMPORT =
  /^google\/protobuf\/(?:any|api|duration|empty|field_mask|source_context|struct|timestamp|type|wrappers)\.proto$/;

/** JSON as the proto file names things: fields as written, 64-bit numbers and bytes as texts, enums by name. */
const NAMES = {
  keepCase: true,
  longs: String,
  enums: String,
  bytes: String,
  defaults: true,
  oneofs: false,
} as const;

/** One unary method: its path and how its messages become bytes and back. */
export interface GrpcMethod {
  /** `/package.Service/Method`. */
  path: string;
  /** Protobuf of a JSON message. @throws PerfCiError code `grpc-scenario-wrong` for a field that the type does not have */
  encode(message: unknown): Buffer;
  /** JSON text of an answer. @throws Error when the bytes are no such message */
  decode(bytes: Buffer): string;
}

/**
 * The method that `spec` names, out of the text of its proto file. The text is a stranger's: its size is bounded, and it
 * is parsed without a file system, so that an import can name nothing on this machine.
 * @throws PerfCiError code `grpc-scenario-wrong`
 */
export function loadGrpcMethod(spec: Pick<GrpcSpec, 'proto' | 'service' | 'method'>): GrpcMethod {
  const bytes = Buffer.byteLength(spec.proto);
  if (bytes > MAX_PROTO_BYTES)
    throw wrong(`expected a proto file of at most ${MAX_PROTO_BYTES} bytes, found ${bytes}`);
  const services = packageOf(spec.proto);
  const service = Object.hasOwn(services, spec.service) ? services[spec.service] : undefined;
  if (service === undefined || 'format' in service) {
    const found = Object.keys(services).filter((name) => !('format' in (services[name] as object)));
    throw wrong(`expected a service ${spec.service} in the proto file, found ${found.join(', ') || 'none'}`);
  }
  const methods = service as Record<string, MethodDefinition<object, object>>;
  const method = Object.hasOwn(methods, spec.method) ? methods[spec.method] : undefined;
  if (method === undefined) {
    throw wrong(
      `expected a method ${spec.method} in ${spec.service}, found ${Object.keys(methods).join(', ') || 'none'}`,
    );
  }
  if (method.requestStream || method.responseStream) {
    throw wrong(`expected a unary method, found that ${spec.method} streams`);
  }
  return {
    path: method.path,
    encode: (message) => encode(method, message),
    decode: (answer) => JSON.stringify(method.responseDeserialize(answer)),
  };
}

function wrong(message: string, cause?: unknown): PerfCiError {
  return new PerfCiError('grpc-scenario-wrong', message, {
    blame: 'config',
    remedy: 'correct the grpc part of the scenario',
    cause,
  });
}

function packageOf(proto: string): ReturnType<typeof fromJSON> {
  try {
    const root = new protobuf.Root();
    const { imports = [], weakImports = [] } = protobuf.parse(proto, root, NAMES);
    for (const name of [...imports, ...weakImports]) {
      if (!KNOWN_IMPORT.test(name))
        throw wrong(`expected imports of google/protobuf only, found ${JSON.stringify(name)}`);
      const known = protobuf.common.get(name);
      if (known?.nested !== undefined) root.addJSON(known.nested);
    }
    return fromJSON(root.toJSON(), NAMES);
  } catch (cause) {
    if (cause instanceof PerfCiError) throw cause;
    throw wrong(`expected a proto file, found: ${(cause as Error).message}`, cause);
  }
}

function encode(method: MethodDefinition<object, object>, message: unknown): Buffer {
  if (message === null || typeof message !== 'object' || Array.isArray(message)) {
    throw wrong('expected a message that is a JSON object');
  }
  let bytes: Buffer;
  let understood: unknown;
  try {
    bytes = method.requestSerialize(message);
    understood = method.requestType.deserialize(bytes);
  } catch (cause) {
    throw wrong(`expected a message of ${method.path}, found: ${(cause as Error).message}`, cause);
  }
  const lost = whatIsLost(message, understood, '');
  if (lost !== undefined) throw wrong(`the messages of ${method.path} ${lost}`);
  return bytes;
}

/**
 * The first thing in `given` that did not survive encoding: protobuf drops fields that it does not know, and puts the first
 * value of an enum for a name that it does not know, without a word.
 */
function whatIsLost(given: unknown, understood: unknown, at: string): string | undefined {
  if (typeof given === 'string' && typeof understood === 'string' && bare(given) !== bare(understood)) {
    return `do not take ${clip(JSON.stringify(given))} for ${at}`;
  }
  if (given === null || typeof given !== 'object') return undefined;
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const path = `${at}/${clip(key)}`;
    if (understood === null || typeof understood !== 'object' || !Object.hasOwn(understood, key)) {
      return `have no field ${path}`;
    }
    const lost = whatIsLost(value, (understood as Record<string, unknown>)[key], path);
    if (lost !== undefined) return lost;
  }
  return undefined;
}

/** Without the padding of base64, which may be left out. */
function bare(text: string): string {
  return text.replace(/=+$/, '');
}
