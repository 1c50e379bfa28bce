import type { Readable } from 'node:stream';
import { packFiles } from '../../gocli-ts/src/place/docker/archive.ts';
import { dockerError } from '../../gocli-ts/src/place/docker/errors.ts';
import { GocliError } from '../../gocli-ts/src/errors/error.ts';
import type { ContainerInfo, ContainerSpec, FileEntry, Mount } from '../../gocli-ts/src/place/interface.ts';

/** A container, as far as its files are concerned. */
export interface WithFiles {
  readonly info: ContainerInfo;
  readonly spec: ContainerSpec;
  /** Files outside of volumes, by absolute path. */
  readonly files: Map<string, Buffer>;
}

/** Folders that every image has. */
const OF_IMAGE = ['', '/etc', '/run', '/tmp', '/var'];

/** The files of containers, of which those in volumes outlive them. */
export class ContainerFiles {
  /** By volume and then by path in it. */
  readonly volumes = new Map<string, Map<string, Buffer>>();
  readonly #modified = new WeakMap<Buffer, string>();

  /** Writes a file as a program in the container would. */
  write(container: WithFiles, path: string, text: string | Buffer, modified?: string): void {
    const content = Buffer.from(text);
    if (modified !== undefined) this.#modified.set(content, modified);
    const at = this.#place(container, path);
    at.files.set(at.path, content);
  }

  /** Removes a file or a folder as a program in the container would. */
  erase(container: WithFiles, path: string): void {
    const at = this.#place(container, path);
    for (const file of [...at.files.keys()])
      if (file === at.path || file.startsWith(`${at.path}/`)) at.files.delete(file);
  }

  /** Unpacks an archive, as the daemon does: into a folder that is there, and in no volume that is read-only. */
  put(container: WithFiles, directory: string, files: readonly FileEntry[]): void {
    const folder = directory.replace(/\/$/, '');
    if (!this.#hasFolder(container, folder)) {
      throw refused(container, 404, `Could not find the file ${directory} in container ${container.info.id}`);
    }
    if (mountAbove(container, `${folder}/`)?.readOnly === true)
      throw refused(container, 403, 'mounted volume is marked read-only');
    for (const { path, content, modified } of files) {
      if (content !== undefined) this.write(container, `${folder}/${path}`, content, modified);
    }
  }

  read(container: WithFiles, path: string): Buffer | undefined {
    const at = this.#place(container, path);
    return at.files.get(at.path);
  }

  /** When a file, or any of a folder's, was modified. */
  modified(container: WithFiles, path: string): string | undefined {
    const at = this.#place(container, path);
    const within = [...at.files].find(([file]) => file.startsWith(`${at.path}/`));
    const content = at.files.get(at.path) ?? within?.[1];
    return content === undefined ? undefined : (this.#modified.get(content) ?? '0.000000000');
  }

  archive(container: WithFiles, path: string): Readable {
    const base = path.slice(path.lastIndexOf('/') + 1);
    const at = this.#place(container, path);
    const found = [...at.files].flatMap(([file, content]) =>
      file === at.path || file.startsWith(`${at.path}/`)
        ? [{ path: base + file.slice(at.path.length), content }]
        : [],
    );
    if (found.length === 0) throw new GocliError('NOT_FOUND', `${path} is not there`);
    return packFiles(found);
  }

  #hasFolder(container: WithFiles, folder: string): boolean {
    // What programs make in a volume is not followed: below one any folder may be there.
    const isMounted = ({ target }: Mount): boolean => `${folder}/`.startsWith(`${target}/`);
    if (OF_IMAGE.includes(folder) || (container.spec.mounts ?? []).some(isMounted)) return true;
    const at = this.#place(container, folder);
    return [...at.files.keys()].some((file) => file.startsWith(`${at.path}/`));
  }

  /** Where a path is kept: in a volume that is mounted above it, or in the container. */
  #place(container: WithFiles, path: string): { files: Map<string, Buffer>; path: string } {
    const mount = mountAbove(container, path);
    if (mount?.source === undefined) return { files: container.files, path };
    const volume = this.volumes.get(mount.source) ?? new Map<string, Buffer>();
    this.volumes.set(mount.source, volume);
    return { files: volume, path: path.slice(mount.target.length) };
  }
}

function mountAbove({ spec }: WithFiles, path: string) {
  return (spec.mounts ?? []).find(({ type, target }) => type === 'volume' && path.startsWith(`${target}/`));
}

function refused({ info }: WithFiles, statusCode: number, message: string): GocliError {
  return dockerError(
    Object.assign(new Error(message), { statusCode }),
    `write to container ${info.id.slice(0, 12)}`,
  );
}
