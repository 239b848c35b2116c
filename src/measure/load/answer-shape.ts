import { isExactInteger } from './exact-json.ts';

/**
 * What a JSON answer is made of, without its values: what a reader's schema would say of it. The shapes of the
 * elements of a list are merged into one.
 */
export interface Shape {
  /** `null`, `boolean`, `number`, `string`, `list`, `object`: more than one only after a merge. */
  kinds: ReadonlySet<string>;
  /** Of the objects: each key, and whether every one of them had it. */
  keys: ReadonlyMap<string, { shape: Shape; always: boolean }>;
  /** Of the lists: their elements; undefined when all were empty. */
  element: Shape | undefined;
}

const NO_KEYS: Shape['keys'] = new Map();

/**
 * The shape of a parsed JSON value.
 * @param ignored keys that are left out, at any depth
 * @throws RangeError for a value nested deeper than the stack allows
 */
export function shapeOf(value: unknown, ignored: ReadonlySet<string> = new Set()): Shape {
  if (Array.isArray(value)) {
    const elements = value.map((item) => shapeOf(item, ignored));
    const element = elements.length === 0 ? undefined : elements.reduce(merge);
    return { kinds: new Set(['list']), keys: NO_KEYS, element };
  }
  if (isExactInteger(value)) return shapeOf(0);
  if (value !== null && typeof value === 'object') {
    const keys = Object.entries(value)
      .filter(([key]) => !ignored.has(key))
      .map(([key, item]) => [key, { shape: shapeOf(item, ignored), always: true }] as const);
    return { kinds: new Set(['object']), keys: new Map(keys), element: undefined };
  }
  return { kinds: new Set([value === null ? 'null' : typeof value]), keys: NO_KEYS, element: undefined };
}

/**
 * Whether two answers are of one shape. Symmetric. An empty list fits any list, and a key that only some elements of
 * a list have may be missing: neither says that the schema changed.
 */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.kinds.size !== b.kinds.size || ![...a.kinds].every((kind) => b.kinds.has(kind))) return false;
  if (a.element !== undefined && b.element !== undefined && !sameShape(a.element, b.element)) return false;
  return coveredBy(a, b) && coveredBy(b, a);
}

function coveredBy(a: Shape, b: Shape): boolean {
  return [...a.keys].every(([key, { shape, always }]) => {
    const other = b.keys.get(key);
    return other === undefined ? !always : sameShape(shape, other.shape);
  });
}

function merge(a: Shape, b: Shape): Shape {
  const keys = new Map<string, { shape: Shape; always: boolean }>();
  // A side without objects says nothing of keys.
  const both = a.kinds.has('object') && b.kinds.has('object');
  for (const key of new Set([...a.keys.keys(), ...b.keys.keys()])) {
    const left = a.keys.get(key);
    const right = b.keys.get(key);
    const known = (left ?? right) as { shape: Shape; always: boolean };
    if (left === undefined || right === undefined) keys.set(key, { ...known, always: known.always && !both });
    else keys.set(key, { shape: merge(left.shape, right.shape), always: left.always && right.always });
  }
  const element =
    a.element === undefined || b.element === undefined
      ? (a.element ?? b.element)
      : merge(a.element, b.element);
  return { kinds: new Set([...a.kinds, ...b.kinds]), keys, element };
}
