import type Dockerode from 'dockerode';
import type { Mount } from '../port.ts';
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

/** Podman does not read the labels of a volume in the request for the container that it is made with. */
export async function makeVolumes(engine: Dockerode, mounts: readonly Mount[]): Promise<void> {
  for (const { type, source, labels } of mounts) {
    if (type !== 'volume' || source === undefined || labels === undefined) continue;
    try {
      // One that is there is given back as it is.
      await engine.createVolume({ Name: source, Labels: { ...labels } });
    } catch (error) {
      // Of two requests at once the later one fails.
      await engine
        .getVolume(source)
        .inspect()
        .catch((missing: unknown) => {
          throw statusOf(missing) === 404 ? error : missing;
        });
    }
  }
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
