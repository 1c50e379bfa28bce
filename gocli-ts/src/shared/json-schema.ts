import { isDeepStrictEqual } from 'node:util';
import { didYouMean } from './text.ts';

/** Where in data something is wrong, and what. */
export interface SchemaFault {
  readonly path: readonly (string | number)[];
  /** The key of the mapping at the path that is wrong, and not its value. */
  readonly key?: string;
  readonly text: string;
}

type Node = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/**
 * Compares data with a JSON schema, of draft 4 as far as cloud-init's needs it; keywords that it does not know hold for
 * everything.
 */
export function faultsBySchema(data: unknown, schema: unknown): SchemaFault[] {
  const root = asNode(schema);
  const seen = new Map<string, SchemaFault>();
  for (const fault of validate(data, root, [], root))
    seen.set(JSON.stringify([fault.path, fault.key, fault.text]), fault);
  return [...seen.values()];
}

function validate(value: unknown, node: Node, path: Path, root: Node): SchemaFault[] {
  const { $ref } = node;
  if (typeof $ref === 'string') return validate(value, resolve($ref, root), path, root);
  const wrong = ofType(value, node, path);
  if (wrong.length > 0) return wrong;
  return [
    ...scalarFaults(value, node, path),
    ...(Array.isArray(value) ? listFaults(value, node, path, root) : []),
    ...(isMapping(value) ? mappingFaults(value, node, path, root) : []),
    ...combined(value, node, path, root),
  ];
}

function resolve(reference: string, root: Node): Node {
  const names = reference.replace(/^#\//, '').split('/');
  return names.reduce<Node>((node, name) => asNode(node[name]), root);
}

const TYPES: Readonly<
  Record<string, { readonly words: string; readonly test: (value: unknown) => boolean }>
> = {
  string: { words: 'a text', test: isText },
  boolean: { words: 'true or false', test: (value) => typeof value === 'boolean' },
  integer: { words: 'a whole number', test: (value) => Number.isInteger(value) },
  number: { words: 'a number', test: (value) => typeof value === 'number' },
  array: { words: 'a list', test: Array.isArray },
  object: { words: 'a mapping', test: isMapping },
  null: { words: 'nothing', test: (value) => value === null },
};

function ofType(value: unknown, { type }: Node, path: Path): SchemaFault[] {
  const names = [type ?? []].flat().map(String);
  if (names.length === 0 || names.some((name) => TYPES[name]?.test(value) ?? true)) return [];
  return [{ path, text: `it has to be ${names.map((name) => TYPES[name]?.words ?? name).join(' or ')}` }];
}

function scalarFaults(value: unknown, node: Node, path: Path): SchemaFault[] {
  const { enum: allowed, pattern, minimum, maximum } = node;
  const faults: string[] = [];
  if (Array.isArray(allowed) && !allowed.some((one) => isDeepStrictEqual(one, value))) {
    const near = typeof value === 'string' ? didYouMean(value, allowed.map(String)) : '';
    faults.push(`it has to be one of: ${allowed.map((one) => JSON.stringify(one)).join(', ')}.${near}`);
  }
  // Python's search, which the schema is written for, finds it anywhere, too.
  if (typeof value === 'string' && typeof pattern === 'string' && !fits(value, pattern))
    faults.push(`it does not have the form ${pattern}`);
  if (typeof value === 'number' && typeof minimum === 'number' && value < minimum)
    faults.push(`it has to be at least ${String(minimum)}`);
  if (typeof value === 'number' && typeof maximum === 'number' && value > maximum)
    faults.push(`it has to be at most ${String(maximum)}`);
  return faults.map((text) => ({ path, text }));
}

/** What Python reads and JavaScript does not fits everything: it refuses nothing that may be right. */
function fits(text: string, form: string): boolean {
  try {
    return new RegExp(form).test(text);
  } catch {
    return true;
  }
}

function listFaults(list: readonly unknown[], node: Node, path: Path, root: Node): SchemaFault[] {
  const { items, additionalItems, minItems = 0, maxItems = Infinity, uniqueItems } = node;
  const faults: SchemaFault[] = [];
  if (list.length < Number(minItems))
    faults.push({ path, text: `it has to have at least ${String(minItems)} items` });
  if (list.length > Number(maxItems))
    faults.push({ path, text: `it has to have at most ${String(maxItems)} items` });
  if (
    uniqueItems === true &&
    list.some((one, at) => list.slice(0, at).some((other) => isDeepStrictEqual(one, other)))
  )
    faults.push({ path, text: 'no two items may be the same' });
  const each = list.flatMap((one, at) => {
    const schema: unknown = Array.isArray(items) ? (items[at] ?? additionalItems) : items;
    return isMapping(schema) ? validate(one, schema, [...path, at], root) : [];
  });
  return [...faults, ...each];
}

function mappingFaults(value: Node, node: Node, path: Path, root: Node): SchemaFault[] {
  const { required = [], minProperties = 0, additionalProperties } = node;
  const properties = asNode(node['properties']);
  const patterns = Object.entries(asNode(node['patternProperties']));
  const missing = (Array.isArray(required) ? required : [])
    .map(String)
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => ({ path, text: `"${key}" is missing` }));
  const few =
    Object.keys(value).length < Number(minProperties)
      ? [{ path, text: `it has to have at least ${String(minProperties)} keys` }]
      : [];
  const each = Object.entries(value).flatMap(([key, one]) => {
    const own = Object.hasOwn(properties, key) ? [asNode(properties[key])] : [];
    const matching = patterns.filter(([form]) => fits(key, form)).map(([, schema]) => asNode(schema));
    const known = [...own, ...matching];
    if (known.length > 0) return known.flatMap((schema) => validate(one, schema, [...path, key], root));
    if (additionalProperties === false)
      return [
        { path, key, text: `there is no key "${key}" here.${didYouMean(key, Object.keys(properties))}` },
      ];
    return isMapping(additionalProperties) ? validate(one, additionalProperties, [...path, key], root) : [];
  });
  return [...missing, ...few, ...each];
}

function combined(value: unknown, node: Node, path: Path, root: Node): SchemaFault[] {
  const tried = (keyword: string): SchemaFault[][] => {
    const schemas = node[keyword];
    return Array.isArray(schemas) ? schemas.map((one) => validate(value, asNode(one), path, root)) : [];
  };
  const any = tried('anyOf');
  const one = tried('oneOf');
  const faults = [...tried('allOf').flat(), ...nearest(any), ...nearest(one)];
  if (one.filter((branch) => branch.length === 0).length > 1)
    faults.push({ path, text: 'it fits several forms of which only one may fit' });
  if (isMapping(node['not']) && validate(value, node['not'], path, root).length === 0)
    faults.push({ path, text: 'what is said together here excludes each other' });
  return faults;
}

/** What is wrong by the branch that fits best: the one whose faults lie deepest, and of those the one with the fewest. */
function nearest(branches: readonly SchemaFault[][]): SchemaFault[] {
  if (branches.length === 0 || branches.some((branch) => branch.length === 0)) return [];
  const depth = (branch: readonly SchemaFault[]): number =>
    Math.max(...branch.map(({ path }) => path.length));
  const [best = []] = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length);
  const alike = branches.filter((branch) => depth(branch) === depth(best));
  const [first] = best;
  // Neither is nearer: all types that it may have.
  if (first === undefined || best.length > 1 || !first.text.startsWith(OF_TYPE)) return best;
  const words = alike.flatMap((branch) =>
    branch.length === 1 ? (branch[0]?.text.split(OF_TYPE)[1] ?? []) : [],
  );
  return [{ ...first, text: `${OF_TYPE}${[...new Set(words)].join(' or ')}` }];
}

const OF_TYPE = 'it has to be ';

/** Bytes of YAML (`!!binary`) are one, too, as cloud-init has it. */
function isText(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function isMapping(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isText(value);
}

function asNode(value: unknown): Node {
  return isMapping(value) ? value : {};
}
