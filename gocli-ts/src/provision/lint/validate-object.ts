import { didYouMean } from '../../shared/text.ts';
import type { ApiDefinitions, ApiSchema } from './openapi.ts';

/** One thing that is wrong with an object, and where in it. */
interface Fault {
  readonly path: readonly (string | number)[];
  /** The key of the mapping at the path that is wrong, and not its value. */
  readonly key?: string;
  readonly text: string;
}

const PREFIX = '#/definitions/';
/** Types with a form of their own in YAML: a number may be written for a text. */
const LOOSE =
  /\.(Quantity|IntOrString|JSON|JSONSchemaProps.*|RawExtension|FieldsV1|Time|MicroTime|Unstructured)$/;

/** Compares an object with the definition of its kind: unknown keys, wrong types, what is missing. */
export function validateObject(data: unknown, name: string, api: ApiDefinitions): Fault[] {
  return validate(data, { $ref: PREFIX + name }, [], api);
}

function validate(
  value: unknown,
  schema: ApiSchema,
  path: readonly (string | number)[],
  api: ApiDefinitions,
): Fault[] {
  if (schema.$ref !== undefined) {
    if (LOOSE.test(schema.$ref)) return [];
    const named = api.definition(schema.$ref.replace(PREFIX, ''));
    return named === undefined ? [] : validate(value, named, path, api);
  }
  // The API takes null for what is left out.
  if (value === null) return [];
  if (schema.properties !== undefined || schema.type === 'object')
    return validateMapping(value, schema, path, api);
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [wrongType(value, 'a list', path)];
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, at) => validate(item, items, [...path, at], api));
  }
  const wanted = SCALARS[schema.type ?? ''];
  return wanted === undefined || wanted.test(value) ? [] : [wrongType(value, wanted.words, path)];
}

const SCALARS: Readonly<
  Record<string, { readonly words: string; readonly test: (value: unknown) => boolean }>
> = {
  string: { words: 'a text (put it in quotes)', test: (value) => typeof value === 'string' },
  boolean: { words: 'true or false', test: (value) => typeof value === 'boolean' },
  integer: { words: 'a whole number', test: (value) => Number.isInteger(value) },
  number: { words: 'a number', test: (value) => typeof value === 'number' },
};

function validateMapping(
  value: unknown,
  { properties = {}, additionalProperties, required = [] }: ApiSchema,
  path: readonly (string | number)[],
  api: ApiDefinitions,
): Fault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [wrongType(value, 'a mapping', path)];
  const known = Object.keys(properties);
  const missing = required
    .filter((key) => !(key in value))
    .map((key) => ({ path, text: `"${[...path, key].join('.')}" is missing` }));
  const open = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const inside = Object.entries(value).flatMap(([key, item]: [string, unknown]): Fault[] => {
    // A key may be called as what every object of JavaScript has.
    const schema = Object.hasOwn(properties, key) ? properties[key] : open;
    if (schema !== undefined) return validate(item, schema, [...path, key], api);
    // An object of which nothing is said may hold anything.
    if (known.length === 0 || additionalProperties === true) return [];
    const near = didYouMean(key, known) || ` Valid: ${known.join(', ')}`;
    return [{ path, key, text: `unknown key "${[...path, key].join('.')}".${near}` }];
  });
  return [...missing, ...inside];
}

function wrongType(value: unknown, wanted: string, path: readonly (string | number)[]): Fault {
  const seen =
    typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'a mapping') : JSON.stringify(value);
  return { path, text: `"${path.join('.')}" is ${seen}, expected: ${wanted}` };
}
