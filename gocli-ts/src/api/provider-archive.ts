import { createReadStream, createWriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { isErrno, onFile } from '../errors/file-error.ts';
import { Steps } from '../events/steps.ts';
import { viaTemporary } from '../host/atomic-files.ts';
import { pathFrom } from '../host/paths.ts';
import { archivedFiles } from '../images/archive.ts';
import { badArchive, shown } from '../images/bad-archive.ts';
import { imagesIn } from '../images/in-archive.ts';
import { zstd, zstdSource } from '../images/zstd.ts';
import type { ArchiveSource } from '../images/source.ts';
import { factsOf } from '../provider/facts.ts';
import { providerNameOf } from '../provider/name.ts';
import type { Context } from './context.ts';
import { localImage } from './provider-image.ts';

export interface ProviderSaveRequest {
  /** `k8s-1.36` */
  readonly name: string;
  /** A path, or a stream, which is ended. */
  readonly file: string | Writable;
}

export interface ProviderSaveResult {
  readonly provider: string;
  readonly reference: string;
  readonly id: string;
}

export interface ProviderLoadRequest {
  /** A path, or a stream, which is read to its end. */
  readonly file: string | Readable;
}

export interface ProviderLoadResult {
  readonly provider: string;
  /** What `gocli run` takes: `gocli/k8s-1.36:latest`. */
  readonly reference: string;
  readonly id: string;
  /** Id of the image that had that name before and is another one. */
  readonly instead: string | undefined;
}

/**
 * Writes the image of a provider into an archive for hosts without a registry: that of `docker save`, in zstd.
 * @throws GocliError PROVIDER_UNKNOWN, IMAGE_MISSING, FILE, DISK_FULL, TOOL_MISSING, DOCKER; the signal's reason
 */
export async function save(
  { name, file }: ProviderSaveRequest,
  context: Context,
): Promise<ProviderSaveResult> {
  const provider = providerNameOf(name);
  const { image, reference } = await localImage({ provider }, context);
  factsOf(image, reference);
  const path = typeof file === 'string' ? await writablePath(pathFrom(context.cwd, file)) : undefined;
  const { docker, host, signal } = context;
  await new Steps(context.emit, context.clock).run('save', `Saving ${reference}`, async (step) => {
    const write = async (to: Writable): Promise<void> => {
      const saved = await docker.images.save([reference], signal);
      const tell = (bytes: number): void => {
        step.progress({ message: 'unpacked', bytes });
      };
      await zstd(saved, to, tell, { host, signal });
    };
    if (path === undefined) await write(file as Writable);
    else await intoFile(path, write);
  });
  return { provider, reference, id: image.id };
}

/** All of it, or nothing. @throws GocliError FILE, DISK_FULL; what is thrown while it is written */
async function intoFile(path: string, write: (to: Writable) => Promise<void>): Promise<void> {
  await onFile({ path, done: 'written' }, () =>
    viaTemporary(path, async (temporary) => {
      const to = createWriteStream(temporary, { flags: 'wx' });
      const written = finished(to);
      written.catch(() => undefined);
      try {
        await write(to);
        await written;
      } catch (error) {
        to.destroy();
        throw error;
      }
      await rename(temporary, path);
    }),
  );
}

/** The file to be written; nothing is replaced that is no file. @throws GocliError FILE */
async function writablePath(path: string): Promise<string> {
  const there = await onFile({ path, done: 'written' }, async () => {
    try {
      return await stat(path);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
  if (there === undefined || there.isFile()) return path;
  throw new GocliError('FILE', `${path} is no file`, {
    hint: 'Name a file. Into a pipe or a device: gocli provider save NAME - > PATH',
  });
}

/** What is needed of the configuration of a provider image. */
const configSchema = z.object({
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/**
 * Gives the local Docker the image of a provider out of an archive of {@link save}, under the name that clusters are
 * started by. All that can be looked at is, before Docker gets anything; Docker compares the layers with their digests.
 * @throws GocliError BAD_ARCHIVE, FILE, DISK_FULL, TOOL_MISSING, DOCKER; the signal's reason
 */
export async function load({ file }: ProviderLoadRequest, context: Context): Promise<ProviderLoadResult> {
  const { cwd, docker, host, paths, signal } = context;
  const path = typeof file === 'string' ? pathFrom(cwd, file) : undefined;
  const name = path ?? 'the piped archive';
  const steps = new Steps(context.emit, context.clock);
  const stream = path === undefined ? (file as Readable) : await readable(path);
  await using source = await steps.run('unpack', `Unpacking ${name}`, () =>
    zstdSource(stream, name, paths.cache, { host, signal }),
  );
  const { provider, own } = await lookInto(source, signal);
  const reference = `gocli/${provider}:latest`;
  const before = await docker.images.inspect(reference);
  await steps.run('load', `Loading ${provider} into Docker`, (step) =>
    docker.images.load(source.open(), { signal, onProgress: step.progress.bind(step) }),
  );
  if (own !== reference) await docker.images.tag(own, reference);
  const image = await docker.images.inspect(reference);
  if (image === undefined)
    throw new GocliError('IMAGE_MISSING', `${name} was loaded, but ${reference} is not there`);
  const instead = before === undefined || before.id === image.id ? undefined : before.id;
  return { provider, reference, id: image.id, instead };
}

async function readable(path: string): Promise<Readable> {
  await onFile({ path, done: 'read' }, async () => {
    const stats = await stat(path);
    if (!stats.isFile())
      throw new GocliError('FILE', `${path} is no file`, { hint: 'Of a pipe: gocli provider load - < PATH' });
  });
  return createReadStream(path);
}

/** Name of the provider, and of its image in the archive. @throws GocliError BAD_ARCHIVE */
async function lookInto(
  source: ArchiveSource,
  signal: AbortSignal,
): Promise<{ readonly provider: string; readonly own: string }> {
  const files = await archivedFiles(source, signal);
  const [image, ...others] = imagesIn(files, source.name, 'docker');
  const [config] = image?.blobs ?? [];
  const content = files.get(config?.path ?? '')?.content;
  const parsed = configSchema.safeParse(JSON.parse(content?.toString('utf8') ?? '{}'));
  const labels = parsed.data?.config?.Labels ?? {};
  const names = image?.names ?? [];
  const hint = 'It has to be what `gocli provider save` writes. Of other images: gocli load';
  if (others.length > 0) throw badArchive(source.name, 'holds several images', { hint });
  const provider = providerOf(labels);
  if (provider === undefined) throw badArchive(source.name, 'holds no provider image', { hint });
  // Docker gives whatever name stands there to the image, also one that another image has.
  const prefix = `docker.io/gocli/${provider}:`;
  const [own] = names;
  const foreign = names.find((one) => !one.startsWith(prefix));
  if (own !== undefined && foreign === undefined) return { provider, own: own.slice('docker.io/'.length) };
  throw badArchive(source.name, `gives ${provider} another name: ${shown(foreign ?? '')}`, { hint });
}

function providerOf(labels: Readonly<Record<string, string>>): string | undefined {
  try {
    return factsOf({ id: '', tags: [], labels, size: 0, created: '' }, '').name;
  } catch (error) {
    if (error instanceof GocliError) return undefined;
    throw error;
  }
}
