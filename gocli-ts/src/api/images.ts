import { GocliError } from '../errors/error.ts';
import { throwAll } from '../errors/several.ts';
import type { NodeImage } from '../kubernetes/node-images.ts';
import { machinesIn } from '../rig/parts.ts';
import { gocliCommand } from '../shared/command.ts';
import { fullImageName } from '../shared/image-reference.ts';
import { didYouMean } from '../shared/text.ts';
import { chooseCluster, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';
import { changingRig } from './operation.ts';

export interface ImagesResult {
  readonly cluster: string;
  readonly images: readonly NodeImage[];
}

export interface ImagesRmRequest extends RigChoice {
  /** Names, ids or the first digits of ids. */
  readonly images: readonly string[];
}

export interface ImagesPruneRequest extends RigChoice {
  /** Those that have a name, too. */
  readonly all?: boolean | undefined;
}

export interface ImagesRmResult {
  readonly cluster: string;
  readonly removed: readonly NodeImage[];
}

/** The images that the nodes of a rig hold. @throws GocliError NOT_FOUND, NOT_READY, REMOTE_COMMAND, TIMEOUT */
export async function ls(request: RigChoice, context: Context): Promise<ImagesResult> {
  const { found } = await chooseCluster(request, context);
  return { cluster: found.name, images: await imagesOf(found, context) };
}

/**
 * Removes images from all nodes. Of one that has several names only the one goes that is said.
 * @throws GocliError BAD_VALUE, NOT_FOUND (rig or image), CONFLICT (a container is made of it, or it is the provider's)
 */
export async function rm(request: ImagesRmRequest, context: Context): Promise<ImagesRmResult> {
  if (request.images.length === 0)
    throw new GocliError('BAD_VALUE', 'no image is named', { hint: 'Type: gocli images ls' });
  return removing(request, context, (images, rig) => {
    const errors: GocliError[] = [];
    const chosen = [...new Set(request.images)].flatMap((word) => chosenBy(word, images, rig, errors));
    throwAll(errors, `What the nodes hold: ${gocliCommand('images ls', rig)}`);
    return chosen;
  });
}

/**
 * Removes images that nothing uses: those whose name a later one has taken, or all but the provider's.
 * @throws GocliError NOT_FOUND, NOT_READY, REMOTE_COMMAND, TIMEOUT
 */
export async function prune(request: ImagesPruneRequest, context: Context): Promise<ImagesRmResult> {
  const isNeedless = ({ system, used, names, digests }: NodeImage): boolean =>
    !system && !used && (request.all === true || names.length + digests.length === 0);
  return removing(request, context, (images) =>
    images.filter(isNeedless).map((image) => ({ image, words: [image.id] })),
  );
}

interface Removal {
  readonly image: NodeImage;
  readonly words: readonly string[];
}

async function removing(
  request: RigChoice,
  context: Context,
  choose: (images: readonly NodeImage[], rig: string) => readonly Removal[],
): Promise<ImagesRmResult> {
  const { found } = await chooseCluster({ name: request.name }, context);
  return changingRig(context, found.name, async (own) => {
    const { found: now } = await chooseCluster({ name: found.name }, own);
    const chosen = choose(await imagesOf(now, own), found.name);
    const { removeImages } = await import('../kubernetes/node-images.ts');
    await removeImages(found.name, machinesIn(now), chosen, own);
    return { cluster: found.name, removed: chosen.map(({ image }) => image) };
  });
}

async function imagesOf(
  found: Awaited<ReturnType<typeof chooseCluster>>['found'],
  context: Context,
): Promise<NodeImage[]> {
  const { nodeImages } = await import('../kubernetes/node-images.ts');
  return nodeImages(found.name, machinesIn(found), context);
}

/** What one word of a removal stands for. */
function chosenBy(
  word: string,
  images: readonly NodeImage[],
  rig: string,
  errors: GocliError[],
): readonly Removal[] {
  const name = fullImageName(word);
  const named = images.find(({ names }) => name !== undefined && names.includes(name));
  const image = named ?? images.find(({ id }) => isIdOf(word, id));
  if (image === undefined) {
    const known = images.flatMap(({ names }) => names);
    errors.push(
      new GocliError('NOT_FOUND', `no node of "${rig}" holds ${word}.${didYouMean(name ?? word, known)}`),
    );
    return [];
  }
  const isOneOfSeveral = named !== undefined && image.names.length > 1;
  const why = image.system
    ? 'belongs to the provider'
    : image.used && !isOneOfSeveral
      ? 'is used by a container'
      : undefined;
  if (why === undefined) return [{ image, words: [isOneOfSeveral && name !== undefined ? name : image.id] }];
  errors.push(new GocliError('CONFLICT', `image ${word} ${why}`, { hint: 'Remove its pods first.' }));
  return [];
}

/** Twelve digits are what crictl and docker show. */
function isIdOf(word: string, id: string): boolean {
  const digits = word.replace(/^sha256:/, '');
  return /^[0-9a-f]{12,64}$/.test(digits) && id.startsWith(`sha256:${digits}`);
}
