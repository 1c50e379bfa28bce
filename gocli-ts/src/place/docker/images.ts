import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { GocliError, isCode } from '../../errors/error.ts';
import { ask, askFor, labelFilter, request, requestUnless, type Connect } from './request.ts';
import { dockerError } from './errors.ts';
import { IMAGE_REFERENCE } from '../../shared/image-reference.ts';
import type { DockerImages, ImageInfo, Login, TransferProgress } from '../interface.ts';
import { imageInfo, listedInfo } from './image-info.ts';
import { isLong, loadedLocally, shortName, type IsPodman } from './podman.ts';
import { sending } from './sending.ts';

/** The user's login at the registry of an image. */
export type FindLogin = (reference: string, signal: AbortSignal) => Promise<Login>;

interface ImagesOptions {
  readonly findLogin: FindLogin;
  readonly isPodman: IsPodman;
}

/** Images of the daemon. */
export function imagesOf(connect: Connect, { findLogin, isPodman }: ImagesOptions): DockerImages {
  const named = async (image: ImageInfo): Promise<ImageInfo> =>
    image.tags.some(isLong) && (await isPodman()) ? { ...image, tags: image.tags.map(shortName) } : image;
  const inspect = (reference: string): Promise<ImageInfo | undefined> =>
    askFor(connect, `inspect image ${reference}`, async (engine) =>
      named(imageInfo(await imageAt(engine, reference).inspect())),
    );
  return {
    inspect,
    list: (labels) =>
      ask(connect, 'list images', async (engine, options) => {
        const found = await engine.listImages({ ...options, filters: labelFilter(labels) });
        return Promise.all(found.map((one) => named(listedInfo(one))));
      }),
    pull: async (reference, { signal, onProgress }) => {
      await pull({ connect, findLogin, reference, signal, onProgress });
      const info = await inspect(reference);
      if (info === undefined)
        throw new GocliError('IMAGE_MISSING', `image ${reference} was pulled, but is not there`);
      return info;
    },
    importRootfs: (tar, reference, { changes, signal }) =>
      request(
        connect,
        `import ${reference}`,
        (engine) => importRootfs(engine, tar, reference, changes, signal),
        signal,
      ),
    save: (references, signal) => saveImages(connect, references, signal),
    load: async (archive, { signal, onProgress }) => {
      const load = (engine: Dockerode): Promise<string[]> => loadImages(engine, archive, signal, onProgress);
      const local = await request(connect, 'load images', load, signal);
      if (local.length === 0 || !(await isPodman())) return;
      await request(connect, 'name loaded images', (engine) => moveFromLocalhost(engine, local), signal);
    },
    commit: (containerId, reference, { changes, comment }) =>
      request(connect, `commit ${reference}`, async (engine) => {
        const { repo, tag } = splitReference(reference);
        const answer = (await engine
          .getContainer(containerId)
          .commit({ repo, tag, changes: [...changes], comment: comment ?? '', pause: false })) as {
          Id: string;
        };
        return withDigestName(answer.Id);
      }),
    tag: async (source, reference) => {
      await request(connect, `tag ${source} as ${reference}`, (engine) =>
        imageAt(engine, source).tag(splitReference(reference)),
      );
    },
    remove: async (reference) => {
      await requestUnless(connect, `remove image ${reference}`, [404], (engine) =>
        imageAt(engine, reference).remove(),
      );
    },
  };
}

/** Words of Docker (moby, distribution/pull_v2.go) and of containerd (content) for content with another digest. */
const OTHER_CONTENT = /verification failed for digest|unexpected commit digest/;

interface Pull {
  readonly connect: Connect;
  readonly findLogin: FindLogin;
  readonly reference: string;
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: TransferProgress) => void) | undefined;
}

async function pull({ connect, findLogin, reference, signal, onProgress }: Pull): Promise<void> {
  const what = `pull ${reference}`;
  const { readProgress } = await import('./progress.ts');
  const { auth, problem } = await findLogin(checkReference(reference), signal);
  signal.throwIfAborted();
  try {
    await request(connect, what, async (engine) => {
      const stream = (await engine.pull(reference, {
        abortSignal: signal,
        ...(auth === undefined ? {} : { authconfig: auth }),
      })) as unknown as Readable;
      await readProgress(stream, onProgress ?? (() => undefined));
    });
  } catch (error) {
    signal.throwIfAborted();
    const isFailure = isCode(error, 'DOCKER') || isCode(error, 'NOT_FOUND') || isCode(error, 'IMAGE_MISSING');
    if (!isFailure) throw dockerError(error, what);
    if (OTHER_CONTENT.test(error.observed ?? '')) {
      throw new GocliError('CHECKSUM', `what the registry gives for ${reference} is something else`, {
        cause: error,
        observed: error.observed,
        hint: 'The registry, or something between here and there, changed it; Docker has thrown it away.',
      });
    }
    throw new GocliError(
      error.code === 'DOCKER' ? 'DOWNLOAD' : 'IMAGE_MISSING',
      `image ${reference} cannot be pulled`,
      {
        cause: error,
        observed: [error.observed, problem].filter((line) => line !== undefined).join('\n'),
        hint: 'Check the name, the network and the login of the registry (docker login).',
      },
    );
  }
}

async function importRootfs(
  engine: Dockerode,
  tar: Readable,
  reference: string,
  changes: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const { readProgress } = await import('./progress.ts');
  return sending(tar, signal, async (abortSignal) => {
    const stream = (await engine.importImage(tar, {
      ...splitReference(reference),
      changes: [...changes],
      abortSignal,
    })) as unknown as Readable;
    return readProgress(stream, () => undefined);
  });
}

/** @returns what {@link loadedLocally} tells of */
async function loadImages(
  engine: Dockerode,
  archive: Readable,
  signal: AbortSignal,
  onProgress: ((progress: TransferProgress) => void) | undefined,
): Promise<string[]> {
  const { readProgress } = await import('./progress.ts');
  const local: string[] = [];
  await sending(archive, signal, async (abortSignal) => {
    const options = { abortSignal } as Parameters<Dockerode['loadImage']>[1];
    const stream = (await engine.loadImage(archive, options)) as unknown as Readable;
    await readProgress(stream, (progress) => {
      local.push(...loadedLocally(progress.message));
      onProgress?.(progress);
    });
  });
  return local;
}

/** Gives images that were loaded the names of the archive: another image may still have these. */
async function moveFromLocalhost(engine: Dockerode, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const image = imageAt(engine, `localhost/${name}`);
    await image.tag(splitReference(name));
    await image.remove();
  }
}

/** `GET /images/get`, which dockerode's types leave out. */
function saveImages(
  connect: Connect,
  references: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const save = async (engine: Dockerode): Promise<Readable> => {
    const untyped = engine as unknown as {
      getImages(options: { names: readonly string[]; abortSignal?: AbortSignal }): Promise<Readable>;
    };
    const names = references.map(checkReference);
    return untyped.getImages({ names, ...(signal === undefined ? {} : { abortSignal: signal }) });
  };
  return request(connect, `save ${references.join(', ')}`, save, signal);
}

/** Podman leaves the name of the digest out where it has made an image. */
function withDigestName(id: string): string {
  return id.includes(':') ? id : `sha256:${id}`;
}

function imageAt(engine: Dockerode, reference: string): Dockerode.Image {
  return engine.getImage(checkReference(reference));
}

/**
 * The reference stands in the path of a request. To one with `..` or `//` the daemon answers with a redirect, which
 * docker-modem follows in a callback and there throws what nobody can catch. @throws GocliError BAD_VALUE
 */
function checkReference(reference: string): string {
  if (IMAGE_REFERENCE.test(reference)) return reference;
  throw new GocliError('BAD_VALUE', `${JSON.stringify(reference)} is not the reference of an image`, {
    hint: 'For example: registry.example:5000/gocli/k8s-1.36:latest',
  });
}

/** Repository and tag; the last colon after the last slash separates them. @throws GocliError BAD_VALUE */
export function splitReference(whole: string): { repo: string; tag: string } {
  const reference = checkReference(whole);
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/')
    ? { repo: reference.slice(0, colon), tag: reference.slice(colon + 1) }
    : { repo: reference, tag: 'latest' };
}
