import pMap from 'p-map';
import { z } from 'zod';
import type { Catalog } from '../../addons/catalog.ts';
import { type PlannedAddon, plannedIn } from '../../addons/plan.ts';
import { type AddonObject, renderAddon } from '../../addons/render.ts';
import type { OptionValues } from '../../addons/options.ts';
import type { ApiClient } from '../api.ts';
import { messageOf } from '../../errors/error.ts';
import { addonConditions } from './conditions.ts';
import { readRecords, without } from './record.ts';
import { ClusterObjects, messageIn, nameOf } from './objects.ts';
import { AT_ONCE } from './addon-cluster.ts';

interface SeenCondition {
  readonly name: string;
  readonly met: boolean;
  /** What was seen; empty when there is nothing to say. */
  readonly observed: string;
}

/** An addon that a cluster has. */
export interface AddonStatus {
  readonly name: string;
  readonly version: string;
  /** `built-in` is neither enabled nor disabled; `enabling` and `disabling` were interrupted. */
  readonly state: 'built-in' | 'enabling' | 'enabled' | 'disabling';
  readonly options: OptionValues;
  readonly conditions: readonly SeenCondition[];
}

/** A cluster whose addons are looked at. */
export interface AddonTarget {
  readonly api: ApiClient;
  readonly rig: string;
  /** Network of its nodes: `192.168.66.0/24`. */
  readonly subnet: string;
  readonly signal: AbortSignal;
}

/** Looks once at all addons that a cluster has. @throws GocliError KUBERNETES */
export async function lookAtAddons(
  catalog: Catalog,
  { api, rig, signal }: Omit<AddonTarget, 'subnet'>,
): Promise<AddonStatus[]> {
  const records = await readRecords(api, signal);
  const target = { api, rig, objects: new ClusterObjects(api) };
  const builtIn = [...catalog.values()]
    .filter((addon) => addon.builtIn)
    .map(({ name, version, conditions }) => ({
      seen: { name, version, state: 'built-in' as const, options: {} },
      conditions: addonConditions({ name, conditions }, [], target),
    }));
  const own = [...records.values()].map(({ name, version, state, options, objects }) => ({
    seen: { name, version, state, options },
    conditions: addonConditions({ name, conditions: catalog.get(name)?.conditions ?? [] }, objects, target),
  }));
  return Promise.all(
    [...builtIn, ...own].map(async ({ seen, conditions }) => ({
      ...seen,
      conditions: await pMap(
        conditions,
        async (condition) => {
          const found = await condition.check(signal).catch((error: unknown) => {
            signal.throwIfAborted();
            return { met: false, observed: messageOf(error) };
          });
          return { name: condition.name, met: found.met, observed: found.observed ?? '' };
        },
        { concurrency: AT_ONCE },
      ),
    })),
  );
}

/** What enabling an addon would do to one object. */
export interface AddonChange {
  /** `Deployment kube-system/kwok-controller` */
  readonly object: string;
  readonly change: 'create' | 'change' | 'remove' | 'refused';
  /** Of a change, the fields: `spec.replicas: 1 -> 2`; else the API's own words. */
  readonly fields: readonly string[];
}

/** What enabling an addon would change; the API tries it without doing it. @throws GocliError CONFLICT, KUBERNETES */
export async function diffAddon(
  planned: PlannedAddon,
  catalog: Catalog,
  { api, subnet, signal }: Omit<AddonTarget, 'rig'>,
): Promise<AddonChange[]> {
  const objects = new ClusterObjects(api);
  const wanted = renderAddon(plannedIn(planned, catalog), planned.options, subnet).flat();
  const records = await readRecords(api, signal);
  const old = without(records.get(planned.name)?.objects ?? [], wanted);
  const changes = await pMap(wanted, (object) => diffObject(object, objects, signal), {
    concurrency: AT_ONCE,
  });
  const removed = old.map((ref) => ({ object: nameOf(ref), change: 'remove' as const, fields: [] }));
  return [...changes.flatMap((change) => change ?? []), ...removed];
}

async function diffObject(
  object: AddonObject,
  objects: ClusterObjects,
  signal: AbortSignal,
): Promise<AddonChange | undefined> {
  const name = nameOf(object);
  const now = await objects.get(object, signal);
  if (now === undefined) return { object: name, change: 'create', fields: [] };
  const answer = await objects.apply(object, signal, true);
  if (answer === undefined) return { object: name, change: 'create', fields: [] };
  if (answer.status >= 300) return { object: name, change: 'refused', fields: [messageIn(answer)] };
  const fields = differences(now, JSON.parse(answer.body));
  return fields.length === 0 ? undefined : { object: name, change: 'change', fields };
}

/** What the server counts for itself. */
const COUNTED = /^metadata\.(managedFields|resourceVersion|generation)(\.|$)|^status(\.|$)/;

const treeSchema = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]);

/** Fields that differ, with both values. */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (COUNTED.test(path)) return [];
  const [a, b] = [treeSchema.safeParse(before), treeSchema.safeParse(after)];
  if (!a.success || !b.success) {
    const [from, to] = [JSON.stringify(before), JSON.stringify(after)];
    return from === to ? [] : [`${path}: ${shown(from)} -> ${shown(to)}`];
  }
  const [left, right] = [Object.entries(a.data), Object.entries(b.data)];
  const keys = new Set([...left, ...right].map(([key]) => key));
  const [from, to] = [new Map<string, unknown>(left), new Map<string, unknown>(right)];
  return [...keys].flatMap((key) =>
    differences(from.get(key), to.get(key), path === '' ? key : `${path}.${key}`),
  );
}

function shown(json: string | undefined): string {
  const text = json ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
