import { PassThrough } from 'node:stream';
import type { StepContext } from '../step.ts';
import { temporaryName } from './box.ts';
import { REPRODUCIBLE } from './tree.ts';

/** Files or folders of one folder of the host, named from there. */
export interface LayerSource {
  readonly folder: string;
  readonly names: readonly string[];
}

export interface Layer {
  /** Image below. */
  readonly base: string;
  /** Folder of the image that the files go to, below its root; made when it is not there. */
  readonly folder: string;
  readonly sources: readonly LayerSource[];
  /** `name:tag` of the new image. */
  readonly reference: string;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
}

/** Makes an image of another one and files of the host. Returns its id. */
export async function addLayer(context: StepContext, layer: Layer): Promise<string> {
  const { docker, host, labels, signal } = context;
  const id = await docker.containers.create({
    name: temporaryName(),
    image: layer.base,
    labels,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    command: ['/bin/true'],
  });
  try {
    const stream = new PassThrough();
    const packing = host.run(tarArguments(layer.folder, layer.sources), { stdout: stream, signal });
    const putting = docker.containers.putArchive(id, '/', stream, signal);
    packing.catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined));
    await Promise.all([packing, putting]);
    signal.throwIfAborted();
    return await docker.images.commit(id, layer.reference, { changes: layer.changes });
  } finally {
    await docker.containers.remove(id);
  }
}

/**
 * Owner, times and modes do not depend on the machine, so that equal files make equal layers. The `S` leaves the
 * targets of symbolic links as they are.
 */
export function tarArguments(folder: string, sources: readonly LayerSource[]): [string, ...string[]] {
  return [
    'tar',
    '--create',
    '--file=-',
    ...REPRODUCIBLE,
    '--transform',
    `s,^,${folder}/,S`,
    ...sources.flatMap((source) => ['-C', source.folder, ...source.names]),
  ];
}
