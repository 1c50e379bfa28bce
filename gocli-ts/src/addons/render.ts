import { GocliError } from '../errors/error.ts';
import type { Addon } from './catalog.ts';
import type { OptionValues } from './options.ts';

/** What names an object of the API. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** An object as it is applied. */
export interface AddonObject extends ObjectRef {
  readonly body: Readonly<Record<string, unknown>>;
}

/** Annotation of an object that there is as often as it says; `${index}` is the number of each, from 1 on. */
export const REPEAT = 'gocli.io/repeat';
export const INDEX = 'index';
/** `${network}` is what all addresses of the nodes begin with: `192.168.66`. */
export const NETWORK = 'network';
/** Label of everything that belongs to an addon; its value is the addon's name. */
export const ADDON_LABEL = 'gocli.io/addon';

/** Options are `${lower-case}`; `$(NAME)` is the kubelet's, `{{ }}` that of Go's templates. */
const PLACEHOLDER = /\$\{([a-z][a-z0-9-]*)\}/g;

interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/**
 * The objects of an addon by file, in the order in which they are applied, with these values of its options.
 * @param subnet of the nodes: `192.168.66.0/24`
 */
export function renderAddon(addon: Addon, options: OptionValues, subnet: string): AddonObject[][] {
  const values = { ...options, [NETWORK]: subnet.replace(/\.\d+\/24$/, '') };
  return addon.manifests.map(({ objects }) =>
    objects.flatMap(({ data }) => repeated(data, values).map((body) => asObject(body, addon.name))),
  );
}

function repeated(data: unknown, values: OptionValues): unknown[] {
  const { metadata } = data as { metadata: Meta };
  const { [REPEAT]: written, ...annotations } = metadata.annotations ?? {};
  if (written === undefined) return [filled(data, values)];
  const count = Number(filled(written, values));
  if (!Number.isInteger(count) || count < 0)
    throw new GocliError('INTERNAL', `${metadata.name}: ${REPEAT} is no number`);
  const one = { ...(data as object), metadata: { ...metadata, annotations } };
  return Array.from({ length: count }, (_, at) => filled(one, { ...values, [INDEX]: at + 1 }));
}

function asObject(body: unknown, addon: string): AddonObject {
  const object = body as { apiVersion: string; kind: string; metadata: Meta };
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const labels = { ...metadata.labels, [ADDON_LABEL]: addon };
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    body: { ...object, metadata: { ...metadata, labels } },
  };
}

/** A text that is nothing but a placeholder becomes the value itself, so that a number stays one. */
function filled(value: unknown, values: OptionValues): unknown {
  if (Array.isArray(value)) return value.map((one) => filled(one, values));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, values)]));
  if (typeof value !== 'string') return value;
  const whole = /^\$\{([a-z][a-z0-9-]*)\}$/.exec(value)?.[1];
  if (whole !== undefined && values[whole] !== undefined) return values[whole];
  return value.replace(PLACEHOLDER, (all, name: string) => String(values[name] ?? all));
}

/** Every placeholder in an object, and where it stands. */
export function placeholdersIn(
  value: unknown,
  path: readonly (string | number)[] = [],
): { readonly path: readonly (string | number)[]; readonly name: string }[] {
  if (typeof value === 'string')
    return [...value.matchAll(PLACEHOLDER)].map(([, name = '']) => ({ path, name }));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    placeholdersIn(one, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
