import { randomBytes } from 'node:crypto';
import { join } from 'node:path/posix';
import { isCode } from '../errors/error.ts';
import { LABEL } from './labels.ts';
import type { ContainerInfo, ContainerSpec, Docker, Labels, Mount } from './port.ts';

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

/** Path of a keeper's copy, in a volume that is mounted at `at`. */
export function keeperCopy(at: string, name: string): string {
  return join(at, COPIES, `${name}.json`);
}

/**
 * Makes a keeper, and beside what it keeps a copy of it: `docker container prune` removes what does not run.
 * @param at where the volume that gets the copy is mounted; it must not be read-only
 */
export async function makeKeeper(docker: Docker, keeper: Keeper, at: string): Promise<void> {
  const { name, image, labels, mounts } = keeper;
  const id = await docker.containers.create({ ...keeperSpec(image, mounts), name, labels });
  try {
    await docker.containers.putFiles(id, at, [
      { path: COPIES, mode: 0o770, uid: 107, gid: 107 },
      { path: `${COPIES}/${name}.json`, content: JSON.stringify(keeper), mode: 0o600 },
    ]);
  } catch (error) {
    await docker.containers.remove(id);
    throw error;
  }
}

/**
 * Removes a keeper for good. Its copy is made worthless first, so that whatever ends this in between, no list finds
 * again what was to go. One of an earlier version has no copy.
 * @param keeper its id or name; one that is gone is fine
 * @param at where it has the volume with the copy
 */
export async function removeKeeper(docker: Docker, keeper: string, name: string, at: string): Promise<void> {
  const spoiled = { path: keeperCopy('', name), content: '' };
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
 * @param keepsStill whether what a keeper keeps is there, in the container that reads the volume
 */
export async function restoreKeepers(
  docker: Docker,
  { volume, labels: ownLabels, at, image }: CopiesPlace,
  keepsStill: (keeper: Keeper, reader: string) => Promise<boolean> = () => Promise.resolve(true),
): Promise<RestoredKeepers> {
  const reader = await docker.containers.create({
    ...keeperSpec(image, [{ type: 'volume', source: volume, target: at, labels: ownLabels }]),
    name: `${volume}-reader-${randomBytes(3).toString('hex')}`,
    labels: { [LABEL.role]: 'tool' },
  });
  let made = false;
  const waiting: Keeper[] = [];
  try {
    for (const keeper of await copiesIn(docker, reader, join(at, COPIES))) {
      if (!isOf(keeper, volume)) continue;
      if ((await docker.containers.inspect(keeper.name)) !== undefined) continue;
      if (!(await keepsStill(keeper, reader))) continue;
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

/** Programs in machines can write to the volume: what a copy says may lead to nothing but volumes of gocli's. */
function isOf({ name, image, mounts }: Keeper, volume: string): boolean {
  const sources = mounts.every(
    ({ type, source = '' }) =>
      type === 'volume' && (source === volume || /^gocli-template-[0-9a-f]+$/.test(source)),
  );
  return sources && /^sha256:[0-9a-f]+$/.test(image) && name.startsWith(volume.replace(/-data$/, ''));
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
    const value = JSON.parse(text) as Partial<Keeper>;
    const isKeeper =
      typeof value.name === 'string' && typeof value.image === 'string' && Array.isArray(value.mounts);
    return isKeeper ? (value as Keeper) : undefined;
  } catch {
    return undefined;
  }
}
