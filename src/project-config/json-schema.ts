/** The schema of perf-ci.yml as JSON Schema, for editors and for looking up what is known at a path. */

import { z } from 'zod';
import { messagesFile } from './grpc-schema.ts';
import { requestsFile } from './request-schema.ts';
import { perfCiYml } from './schema.ts';
import type { ConfigPath } from './problem.ts';

/** The parts of JSON Schema that zod writes for this configuration. */
export interface SchemaNode {
  description?: string;
  /** In words; ours, not part of JSON Schema. */
  bounds?: string;
  /** The place whose keys these are too; ours as well. */
  like?: string;
  examples?: unknown[];
  default?: unknown;
  type?: string;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  additionalProperties?: SchemaNode | boolean;
}

/** With `bounds` in words, for messages and for the reference page. */
export const CONFIG_NODE: SchemaNode = toNode(perfCiYml, true);
/** The same for a requests file. */
export const REQUESTS_FILE_NODE: SchemaNode = toNode(requestsFile, true);
/** The same for a file of gRPC messages. */
export const MESSAGES_FILE_NODE: SchemaNode = toNode(messagesFile, true);

/** JSON Schema (draft-7) of perf-ci.yml: what editors check and complete by. */
export function jsonSchema(): object {
  return { title: 'perf-ci.yml', ...toNode(perfCiYml, false) };
}

function toNode(schema: z.ZodType, withBounds: boolean): SchemaNode {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema: node }) => {
      const words = node as SchemaNode;
      if (withBounds) return;
      if (words.bounds !== undefined && words.description !== undefined)
        words.description += ` Bounds: ${words.bounds}.`;
      delete words.bounds;
      delete words.like;
    },
  }) as SchemaNode;
}

/** The keys known at `path`; empty where keys are free (variables, headers, bodies). */
export function knownKeys(root: SchemaNode, path: ConfigPath): string[] {
  let node: SchemaNode | undefined = root;
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[part];
  return Object.keys(node?.properties ?? {});
}

/** Every key of `root` with its place, depth first: `scenarios[].load.warm_up`. Keys that are like others are not repeated. */
export function everyKey(
  root: SchemaNode,
  prefix = '',
): { path: string; node: SchemaNode; required: boolean }[] {
  return Object.entries(root.properties ?? {}).flatMap(([key, node]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const own = { path, node, required: root.required?.includes(key) ?? false };
    if (node.like !== undefined) return [own];
    const item = node.items?.properties === undefined ? [] : everyKey(node.items, `${path}[]`);
    return [own, ...everyKey(node, path), ...item];
  });
}
