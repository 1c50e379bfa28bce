import type Dockerode from 'dockerode';
import { GocliError } from '../../errors/error.ts';
import type { Mount } from '../interface.ts';
import { statusOf } from './errors.ts';
import { ask, type Connect } from './request.ts';

/*
 * What Podman does otherwise than Docker behind its Docker-compatible socket (podman-system-service(1)), seen with
 * Podman 5.4, and mended here so that no room above hears of it.
 */

export interface VersionAnswer {
  readonly Version: string;
  readonly Components?: readonly { readonly Name: string }[];
}

/** Whether the engine behind the socket is Podman. */
export type IsPodman = () => Promise<boolean>;

export function isPodmanOf({ Components }: VersionAnswer): boolean {
  return (Components ?? []).some(({ Name }) => /podman/i.test(Name));
}

/** Asks once, and only where it makes a difference. What failed is asked again. */
export function podmanTeller(connect: Connect): IsPodman {
  let known: boolean | undefined;
  return async () => {
    // The client takes options here, whatever its types say.
    const ofVersion = (engine: Dockerode, options: { abortSignal: AbortSignal }): Promise<VersionAnswer> =>
      (engine as unknown as { version(options: object): Promise<VersionAnswer> }).version(options);
    known ??= isPodmanOf(await ask(connect, 'answer', ofVersion));
    return known;
  };
}

/** Sweeps that are lived through; one is rare, a second one in the same moment is a fault of something else. */
const ATTEMPTS = 3;

/**
 * Makes a container with labelled volumes. Podman does not read the labels of a volume in the request for the container
 * that it is made with, so they are made first. Until the container is there they belong to nothing, and a sweep
 * (`podman volume prune`) takes them; Podman then makes them again with the container, nameless to us. So it is looked at
 * afterwards whether they are still the ones that were made.
 * @returns id of the container
 */
export async function createWithVolumes(
  engine: Dockerode,
  mounts: readonly Mount[],
  create: () => Promise<string>,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const made = await makeVolumes(engine, mounts);
    const id = await create();
    const swept = await madeAgain(engine, made);
    if (swept.length === 0) return id;
    await engine.getContainer(id).remove({ force: true });
    // They have no labels by which anybody would find them again.
    for (const name of swept) await removeUnused(engine, name);
    if (attempt === ATTEMPTS)
      throw new GocliError(
        'DOCKER',
        `volume ${swept.join(', ')} is gone each time before its container is there`,
        {
          hint: 'See what removes volumes (podman volume prune), wait until it has ended, and run the command again.',
        },
      );
  }
}

/** The sweep may have come by again, and another container of the rig may have it, whose own look finds that out. */
async function removeUnused(engine: Dockerode, name: string): Promise<void> {
  await engine
    .getVolume(name)
    .remove()
    .catch((error: unknown) => {
      const status = statusOf(error);
      if (status !== 404 && status !== 409) throw error;
    });
}

/** What tells a volume from one made later, by its name. */
type Made = ReadonlyMap<string, string>;

async function makeVolumes(engine: Dockerode, mounts: readonly Mount[]): Promise<Made> {
  const made = new Map<string, string>();
  for (const { type, source, labels } of mounts) {
    if (type !== 'volume' || source === undefined || labels === undefined) continue;
    try {
      // One that is there is given back as it is.
      await engine.createVolume({ Name: source, Labels: { ...labels } });
    } catch (error) {
      // Of two requests at once the later one fails.
      await identityOf(engine, source).catch((missing: unknown) => {
        throw statusOf(missing) === 404 ? error : missing;
      });
    }
    made.set(source, await identityOf(engine, source).catch(absent));
  }
  return made;
}

/** Names of volumes that are others than were made. */
async function madeAgain(engine: Dockerode, made: Made): Promise<string[]> {
  const swept: string[] = [];
  for (const [name, when] of made) if ((await identityOf(engine, name)) !== when) swept.push(name);
  return swept;
}

async function identityOf(engine: Dockerode, name: string): Promise<string> {
  // Missing in the declarations of dockerode; both engines answer it.
  const volume: Dockerode.VolumeInspectInfo & { CreatedAt?: string } = await engine.getVolume(name).inspect();
  // Podman says the time in whole seconds, within which a sweep may come; one that is made again has no labels.
  return JSON.stringify([volume.CreatedAt, volume.Labels]);
}

/** It was swept as soon as it was made, so any that is there later is another one. */
function absent(error: unknown): string {
  if (statusOf(error) === 404) return 'never';
  throw error;
}

const HUB = /^docker\.io\/(library\/)?/;
/** Where Podman puts images of archives that name no registry. */
const LOCAL = /^localhost\//;

/** Whether a name of an image is one that Docker would say otherwise. */
export function isLong(tag: string): boolean {
  return HUB.test(tag) || LOCAL.test(tag);
}

/** The name of an image as Docker says it; Podman takes it, too. */
export function shortName(tag: string): string {
  return tag.replace(HUB, '').replace(LOCAL, '');
}

/** Names, without `localhost/`, of images of an archive that a line of an answer tells of: Docker does not say it so. */
export function loadedLocally(line: string): string[] {
  return [...line.matchAll(/^Loaded image: localhost\/(\S+)$/gm)].flatMap(([, name]) => name ?? []);
}
