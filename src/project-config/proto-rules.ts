/** Whether a .proto file has what a gRPC scenario calls. */

import { expectation, found } from './found.ts';
import { nearest } from './nearest.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { outlineProto } from './proto-outline.ts';
import type { Mapping } from './unchecked.ts';

/** Findings over `grpc`, the unchecked mapping at `path`, whose proto file holds `text`. */
export function objectToProto(path: ConfigPath, grpc: Mapping, text: string): Finding[] {
  const { imports, services } = outlineProto(text);
  const foreign = imports
    .filter((name) => !/^google\/protobuf\/[a-z_]+\.proto$/.test(name))
    .map((name) => ({
      path: [...path, 'proto_file'],
      message: `expected imports of google/protobuf only; found ${found(name)}`,
      fix: 'put the messages into one file',
    }));
  return [...foreign, ...objectToCall(path, grpc, services)];
}

function objectToCall(
  path: ConfigPath,
  grpc: Mapping,
  services: ReturnType<typeof outlineProto>['services'],
): Finding[] {
  const { service: named, method: called } = grpc;
  if (typeof named !== 'string' || typeof called !== 'string') return [];
  const service = services.find(({ name }) => name === named);
  if (service === undefined)
    return [missing([...path, 'service'], 'a service of the proto file', named, services)];
  const method = service.methods.find(({ name }) => name === called);
  if (method === undefined)
    return [missing([...path, 'method'], `a method of ${service.name}`, called, service.methods)];
  return method.isUnary
    ? []
    : [
        {
          path: [...path, 'method'],
          message: `expected a unary method; found ${found(called)}, which streams`,
        },
      ];
}

function missing(
  path: ConfigPath,
  expected: string,
  value: string,
  candidates: readonly { name: string }[],
): Finding {
  const names = candidates.map(({ name }) => name);
  const near = nearest(value, names);
  return {
    path,
    message: `${expectation(expected, value)}${near === undefined ? '' : `; did you mean ${found(near)}?`}`,
    fix: names.length === 0 ? 'it has none' : `it has ${names.slice(0, 20).join(', ')}`,
  };
}
