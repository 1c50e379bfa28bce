import type { Readable } from 'node:stream';
import { GocliError } from '../errors/error.ts';
import { collect, throwAll } from '../errors/several.ts';
import type { StepTiming } from '../events/events.ts';
import { pathFrom } from '../host/paths.ts';
import { estimatedSteps } from '../host/timings.ts';
import type { LoadedImage, Wanted } from '../kubernetes/load.ts';
import { fullImageName, IMAGE_REFERENCE } from '../shared/image-reference.ts';
import { chooseCluster, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';
import { changingRig } from './operation.ts';

export interface LoadRequest extends RigChoice {
  /** Images of the local Docker: `foo:1`. */
  readonly images?: readonly string[] | undefined;
  /** Archives of images (those of docker, or OCI layouts): paths, or streams, which are read to their end. */
  readonly archives?: readonly (string | Readable)[] | undefined;
  /** Name for the one image that there is, instead of its own; for one that has none. */
  readonly tag?: string | undefined;
}

export interface LoadResult {
  readonly cluster: string;
  readonly images: readonly LoadedImage[];
  /** Layers and configurations of the images, and those of them that the registry did not have. */
  readonly blobs: number;
  readonly sent: number;
  readonly bytesSent: number;
  readonly seconds: number;
  readonly timings: readonly StepTiming[];
}

/**
 * Brings images to all nodes of a rig, where pods find them by their names, without a pull. Only layers travel that are
 * not there.
 * @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY, IMAGE_MISSING (Docker has no such image), BAD_ARCHIVE, FILE,
 * DISK_FULL, REGISTRY, REMOTE_COMMAND, TIMEOUT
 */
export async function load(request: LoadRequest, context: Context): Promise<LoadResult> {
  const wanted = wantedOf(request, context);
  const { found } = await chooseCluster(request, context);
  return changingRig(context, found.name, async (own) => {
    const { found: now } = await chooseCluster({ name: found.name }, own);
    const { loadImages } = await import('../kubernetes/load.ts');
    const steps = await estimatedSteps(own, now.state?.plan.guest.provider);
    const { images, pushed } = await loadImages(wanted, now, steps, own);
    const { blobs, sent, bytes: bytesSent } = pushed;
    const { timings } = steps;
    return { cluster: found.name, images, blobs, sent, bytesSent, seconds: steps.elapsed(), timings };
  });
}

/** @throws GocliError BAD_VALUE for all that is wrong with it */
function wantedOf({ images = [], archives = [], tag }: LoadRequest, { cwd, naming }: Context): Wanted {
  const errors: GocliError[] = [];
  if (images.length + archives.length === 0) {
    throw new GocliError('BAD_VALUE', 'nothing is named that is to be loaded', {
      hint: 'Name images of the local Docker, or archives.',
    });
  }
  for (const image of images) {
    collect(errors, () => {
      checkReference(image);
    });
  }
  const named = collect(errors, () => (tag === undefined ? undefined : checkTag(tag, naming.of('tag'))));
  const paths = archives.map((one) =>
    typeof one === 'string' ? collect(errors, () => pathFrom(cwd, one)) : one,
  );
  throwAll(errors, 'Names of images are written as in docker: foo:1, registry.example/team/foo:1');
  return {
    images: [...new Set(images)],
    archives: paths.filter((one) => one !== undefined),
    tag: named,
  };
}

function checkReference(reference: string): void {
  if (IMAGE_REFERENCE.test(reference)) return;
  throw new GocliError('BAD_VALUE', `${JSON.stringify(reference)} is not the name of an image`, {
    hint: 'Names are lower case, for example foo:1 or registry.example/team/foo:1. An archive is named by its path: ./FILE.tar',
  });
}

function checkTag(tag: string, at: string): string {
  const full = fullImageName(tag);
  if (full !== undefined) return full;
  throw new GocliError('BAD_VALUE', `${at}: ${JSON.stringify(tag)} is not the name of an image`, {
    hint: 'For example: foo:1',
  });
}
