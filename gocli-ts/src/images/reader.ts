import { z } from 'zod';
import { messageOf, type GocliError } from '../errors/error.ts';
import { fullImageName } from '../shared/image-reference.ts';
import type { ArchivedFile, ArchivedFiles } from './archive.ts';
import { badArchive, shown } from './bad-archive.ts';
import { fitsNodes, wrongPlatform, type LayerCompression } from './loadable-image.ts';

/** Layers of one image; overlayfs takes a few hundred. */
export const MOST_LAYERS = 1000;

/** What is needed of an image's configuration (image-spec, config.md). */
export const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  rootfs: z.object({ diff_ids: z.array(z.string()).max(MOST_LAYERS) }),
});

/** Looks up what an archive says; whatever is not as it has to be is BAD_ARCHIVE. */
export class ArchiveReader {
  readonly archive: string;
  readonly #files: ArchivedFiles;

  /** @param archive its name, for messages */
  constructor(files: ArchivedFiles, archive: string) {
    this.#files = files;
    this.archive = archive;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  file(path: string): ArchivedFile {
    const file = this.#files.get(path.replace(/^(\.\/)+/, ''));
    if (file !== undefined) return file;
    throw this.bad(`is incomplete: it has no ${shown(path)}`);
  }

  /** The bytes of a small file that may be JSON. */
  content(path: string): Buffer {
    const { content } = this.file(path);
    if (content !== undefined) return content;
    throw this.bad(`is damaged: ${shown(path)} is no JSON`);
  }

  /** A file as JSON of a form. */
  parse<T>(schema: z.ZodType<T>, path: string): T {
    return this.valid(schema, this.value(this.content(path), path), path);
  }

  value(content: Buffer, path: string): unknown {
    try {
      return JSON.parse(content.toString('utf8'));
    } catch (error) {
      throw this.bad(`is damaged: ${shown(path)} is no JSON`, { observed: messageOf(error).slice(0, 200) });
    }
  }

  valid<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw this.bad(`cannot be read: ${shown(path)} is not as it has to be`, {
      observed: z.prettifyError(parsed.error).slice(0, 500),
    });
  }

  /** The configuration of an image that has no other than this one. */
  config(path: string): z.infer<typeof configSchema> {
    const config = this.parse(configSchema, path);
    if (fitsNodes(config)) return config;
    throw wrongPlatform(this.archive, [config]);
  }

  compression({ compression, path }: ArchivedFile): LayerCompression {
    if (compression === undefined || compression === 'gzip' || compression === 'zstd') return compression;
    throw this.bad(`has a layer that is compressed with ${compression}: ${shown(path)}`, {
      hint: 'containerd reads layers that are compressed with gzip or zstd, or not at all.',
    });
  }

  digest(digest: string): string {
    if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
    throw this.bad(`has a digest that is no SHA-256: ${shown(digest)}`);
  }

  name(name: string): string {
    const full = fullImageName(name);
    if (full !== undefined) return full;
    throw this.bad(`gives an image a name that is none: ${shown(name)}`);
  }

  bad(what: string, options?: { observed?: string; hint?: string }): GocliError {
    return badArchive(this.archive, what, options);
  }
}
