import { z } from 'zod';
import type { PlannedAddon } from '../../addons/plan.ts';
import { ADDON_LABEL, type ObjectRef } from '../../addons/render.ts';
import { GocliError } from '../../errors/error.ts';
import type { ApiClient } from '../api.ts';
import { FIELD_MANAGER, messageIn } from './objects.ts';

const CONFIG_MAPS = '/api/v1/namespaces/kube-system/configmaps';
const KEY = 'addon.json';

const recordSchema = z.object({
  format: z.literal(1),
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  options: z.record(z.string(), z.union([z.number(), z.string()])),
  /** What is being done with it; what was interrupted stays so. */
  state: z.enum(['enabling', 'enabled', 'disabling']),
  /** What takes away what its programs leave on a node. */
  cleanUp: z.string().exactOptional(),
  /** Everything of it that the cluster may have, in the order in which it was applied. */
  objects: z.array(
    z.object({
      apiVersion: z.string(),
      kind: z.string(),
      namespace: z.string().exactOptional(),
      name: z.string(),
    }),
  ),
});

/**
 * What a cluster has of an addon: kept in the cluster itself, so that it is frozen, thawed and seen by every user, and
 * written before anything is done, so that what was interrupted is known.
 */
export type AddonRecord = z.infer<typeof recordSchema>;

const mapsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      data: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/** Of all addons of a cluster, by name. @throws GocliError KUBERNETES */
export async function readRecords(
  api: ApiClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, AddonRecord>> {
  const answer = await api.json(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent(ADDON_LABEL)}`, signal);
  const records = mapsSchema
    .parse(answer)
    .items.filter(({ metadata: { name } }) => name.startsWith(nameOfMap('')))
    .map(({ metadata: { name }, data }) => parse(data[KEY], name));
  return new Map(records.map((record) => [record.name, record]));
}

export async function writeRecord(api: ApiClient, record: AddonRecord, signal: AbortSignal): Promise<void> {
  const name = nameOfMap(record.name);
  const body = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'kube-system', labels: { [ADDON_LABEL]: record.name } },
    data: { [KEY]: JSON.stringify(record) },
  });
  await api.json(`${CONFIG_MAPS}/${name}?fieldManager=${FIELD_MANAGER}&force=true`, signal, {
    method: 'PATCH',
    body,
    contentType: 'application/apply-patch+yaml',
  });
}

export async function removeRecord(api: ApiClient, addon: string, signal: AbortSignal): Promise<void> {
  const answer = await api.send(`${CONFIG_MAPS}/${nameOfMap(addon)}`, signal, { method: 'DELETE' });
  if (answer.status >= 300 && answer.status !== 404)
    throw new GocliError('KUBERNETES', `what is known of addon ${addon} could not be removed`, {
      observed: messageIn(answer),
      hint: 'Disable it once more.',
    });
}

/** The record of an addon that is about to be enabled or disabled. */
export function recordOf(
  { name, version, digest, options }: PlannedAddon,
  state: AddonRecord['state'],
  objects: readonly ObjectRef[],
  cleanUp: string | undefined,
): AddonRecord {
  const refs = objects.map((object) => ({
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(object.namespace === undefined ? {} : { namespace: object.namespace }),
    name: object.name,
  }));
  const record = { format: 1, name, version, digest, options, state, objects: refs } as const;
  return cleanUp === undefined ? record : { ...record, cleanUp };
}

const keyOf = ({ apiVersion, kind, namespace = '', name }: ObjectRef): string =>
  JSON.stringify([apiVersion, kind, namespace, name]);

/** The objects of the first list that the second does not have. */
export function without<T extends ObjectRef>(objects: readonly T[], others: readonly ObjectRef[]): T[] {
  const there = new Set(others.map(keyOf));
  return objects.filter((object) => !there.has(keyOf(object)));
}

function nameOfMap(addon: string): string {
  return `gocli-addon-${addon}`;
}

function parse(text: string | undefined, map: string): AddonRecord {
  try {
    return recordSchema.parse(JSON.parse(text ?? ''));
  } catch (error) {
    throw new GocliError('KUBERNETES', `ConfigMap kube-system/${map} is not as gocli wrote it`, {
      hint: 'Was it written by another version of gocli, or by hand?',
      cause: error,
    });
  }
}
