import { randomBytes } from 'node:crypto';
import { join } from 'node:path/posix';
import { isCode } from '../errors/error.ts';
import { LABEL } from './labels.ts';
import type { ContainerInfo, ContainerSpec, Docker, Labels, Mount } from './interface.ts';

/**
 * A container that is never started: it refers to volumes, so that nothing removes them, and its labels hold what is
 * known of them.
 */
export function keeperSpec(image: string, mounts: readonly Mount[]): Omit<ContainerSpec, 'name' | 'labels'> {
  return {
    image,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    entrypoint: ['/bin/true'],
    mounts,
  };
}

/** Names of the rigs of which there is a container, or the keeper of a snapshot. */
export function rigsAmong(containers: readonly ContainerInfo[]): Set<string | undefined> {
  return new Set(containers.flatMap(({ labels }) => [labels[LABEL.owner], labels[LABEL.cluster]]));
}

/** Removes a volume that no container refers to; says whether it went. */
export async function removeUnusedVolume(docker: Docker, volume: string): Promise<boolean> {
  try {
    await docker.volumes.remove(volume);
    return true;
  } catch (error) {
    if (!isCode(error, 'CONFLICT')) throw error;
    return false;
  }
}

/** A keeper that is listed by its labels. A copy of this lies in one of its volumes. */
export interface Keeper {
  readonly name: string;
  readonly image: string;
  readonly labels: Labels;
  readonly mounts: readonly Mount[];
}

/** Folder of a volume with copies of its keepers; machines, whose group it has, may remove them. */
const COPIES = 'keepers';

/** Where the copy of a keeper lies. */
export interface KeeperCopy {
  /** Where the volume is mounted; it must not be read-only. */
  readonly at: string;
  /** That of the keeper when it was made. */
  readonly name: string;
}

/** Path of a keeper's copy. */
export function keeperCopy({ at, name }: KeeperCopy): string {
  return join(at, COPIES, `${name}.json`);
}

function writeCopy(
  docker: Docker,
  container: string,
  keeper: Keeper,
  { at, name }: KeeperCopy,
): Promise<void> {
  return docker.containers.putFiles(container, at, [
    { path: COPIES, mode: 0o770, uid: 107, gid: 107 },
    { path: `${COPIES}/${name}.json`, content: JSON.stringify(keeper), mode: 0o600 },
  ]);
}

/**
 * Makes a keeper, and beside what it keeps a copy of it: `docker container prune` removes what does not run.
 */
export async function makeKeeper(docker: Docker, keeper: Keeper, copy: KeeperCopy): Promise<void> {
  const { name, image, labels, mounts } = keeper;
  const id = await docker.containers.create({ ...keeperSpec(image, mounts), name, labels });
  try {
    await writeCopy(docker, id, keeper, copy);
  } catch (error) {
    await docker.containers.remove(id);
    throw error;
  }
}

/**
 * Has the copy of a keeper say what the keeper is now.
 * @param container the keeper; one of an earlier version has no copy, and needs none
 */
export async function rewriteCopy(
  docker: Docker,
  container: string,
  keeper: Keeper,
  copy: KeeperCopy,
): Promise<void> {
  const there = await docker.containers.modified(container, keeperCopy(copy));
  if (there !== undefined) await writeCopy(docker, container, keeper, copy);
}

/**
 * Removes a keeper for good. Its copy is made worthless first, so that whatever ends this in between, no list finds
 * again what was to go. One of an earlier version has no copy.
 * @param keeper its id or name; one that is gone is fine
 */
export async function removeKeeper(docker: Docker, keeper: string, { at, name }: KeeperCopy): Promise<void> {
  const spoiled = { path: keeperCopy({ at: '', name }), content: '' };
  await docker.containers.putFiles(keeper, at, [spoiled]).catch(() => undefined);
  await docker.containers.remove(keeper);
}

/** Where copies of keepers are looked for. */
interface CopiesPlace {
  readonly volume: string;
  /** Those of the volume: Docker makes it anew for a container when it was removed meanwhile. */
  readonly labels: Labels;
  readonly at: string;
  /** Of which a container can be made to look into it. */
  readonly image: string;
}

/** What came of an attempt to make keepers anew. */
export interface RestoredKeepers {
  /** Whether any was made. */
  readonly made: boolean;
  /** Those that cannot be: their image is gone. What they keep is there. */
  readonly waiting: readonly Keeper[];
}

/**
 * Makes keepers anew that somebody removed, from their copies.
 * @param asToday the keeper of a copy as it is to be made, looked at in the container that reads the volume; undefined
 * when what it keeps is gone
 */
export async function restoreKeepers(
  docker: Docker,
  { volume, labels: ownLabels, at, image }: CopiesPlace,
  asToday: (copy: Keeper, reader: string) => Promise<Keeper | undefined> = (copy) => Promise.resolve(copy),
): Promise<RestoredKeepers> {
  const reader = await docker.containers.create({
    ...keeperSpec(image, [{ type: 'volume', source: volume, target: at, labels: ownLabels }]),
    name: `${volume}-reader-${randomBytes(3).toString('hex')}`,
    labels: { [LABEL.role]: 'tool' },
  });
  let made = false;
  const waiting: Keeper[] = [];
  try {
    for (const copy of await copiesIn(docker, reader, join(at, COPIES))) {
      if (!isOf(copy, { name: volume, labels: ownLabels })) continue;
      const keeper = await asToday(copy, reader);
      if (keeper === undefined || (await docker.containers.inspect(keeper.name)) !== undefined) continue;
      const { name, labels } = keeper;
      const mounts = keeper.mounts.map((mount) =>
        mount.source === volume ? { ...mount, labels: ownLabels } : mount,
      );
      const spec = { ...keeperSpec(keeper.image, mounts), name, labels };
      try {
        await docker.containers.create(spec);
        made = true;
      } catch (error) {
        if (isCode(error, 'IMAGE_MISSING')) waiting.push(keeper);
        // Somebody else may be at it.
        else if (!isCode(error, 'CONFLICT')) throw error;
      }
    }
  } finally {
    await docker.containers.remove(reader);
  }
  return { made, waiting };
}

/**
 * Programs in machines can write to the volume: what a copy says may lead to nothing but volumes of gocli's, and belong
 * to no other rig. The name of a rig's keeper begins with that of the rig, which may have changed.
 */
function isOf(
  { name, image, mounts, labels }: Keeper,
  volume: { readonly name: string; readonly labels: Labels },
): boolean {
  const sources = mounts.every(
    ({ type, source = '' }) =>
      type === 'volume' && (source === volume.name || /^gocli-template-[0-9a-f]+$/.test(source)),
  );
  const own = labels[LABEL.owner];
  const owned =
    own === undefined
      ? name === volume.name
      : own === volume.labels[LABEL.cluster] && /^[a-z0-9.-]+-(?:snapshot-[0-9a-f]+|kept)$/.test(name);
  return sources && owned && /^sha256:[0-9a-f]+$/.test(image);
}

async function copiesIn(docker: Docker, reader: string, folder: string): Promise<Keeper[]> {
  const archive = await docker.containers.getArchive(reader, folder).catch((error: unknown) => {
    if (!isCode(error, 'NOT_FOUND')) throw error;
  });
  if (archive === undefined) return [];
  const { textsIn } = await import('./texts-in.ts');
  const texts = await textsIn(archive);
  return texts.flatMap((text) => {
    const keeper = readKeeper(text);
    return keeper === undefined ? [] : [keeper];
  });
}

/** One that is damaged is left out, as in every list. */
function readKeeper(text: string): Keeper | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof Keeper, unknown>>;
    const isKeeper =
      typeof value.name === 'string' &&
      typeof value.image === 'string' &&
      typeof value.labels === 'object' &&
      value.labels !== null &&
      Array.isArray(value.mounts);
    return isKeeper ? (value as unknown as Keeper) : undefined;
  } catch {
    return undefined;
  }
}
