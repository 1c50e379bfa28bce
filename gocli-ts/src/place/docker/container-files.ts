import type { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type Dockerode from 'dockerode';
import { request, requestUnless, type Connect } from './request.ts';
import type { DockerContainers } from '../interface.ts';
import { sending } from './sending.ts';

/** Files into and out of containers, as tar streams. */
export function filesOf(
  connect: Connect,
): Pick<DockerContainers, 'putFiles' | 'putArchive' | 'getArchive' | 'readFile' | 'modified'> {
  const getArchive = (id: string, path: string, signal?: AbortSignal): Promise<Readable> =>
    request(
      connect,
      `read ${path} of container ${id.slice(0, 12)}`,
      (engine) => archiveOf(engine, id, path, signal),
      signal,
    );
  const putArchive = async (
    id: string,
    directory: string,
    tar: Readable,
    signal?: AbortSignal,
  ): Promise<void> => {
    await request(
      connect,
      `write to ${directory} of container ${id.slice(0, 12)}`,
      (engine) =>
        sending(tar, signal, (abortSignal) =>
          engine.getContainer(id).putArchive(tar, { path: directory, abortSignal }),
        ),
      signal,
    );
  };
  return {
    putFiles: async (id, directory, files) => {
      const { packFiles } = await import('./archive.ts');
      await putArchive(id, directory, packFiles(files));
    },
    putArchive,
    getArchive,
    readFile: async (id, path, signal) => {
      const { firstFile } = await import('./archive.ts');
      return request(
        connect,
        `read ${path} of container ${id.slice(0, 12)}`,
        async (engine) => firstFile(await archiveOf(engine, id, path, signal), path, signal),
        signal,
      );
    },
    modified: (id, path) =>
      requestUnless(connect, `look at ${path} of container ${id.slice(0, 12)}`, [404], async (engine) => {
        const answer = (await engine.getContainer(id).infoArchive({ path })) as unknown as IncomingMessage;
        answer.resume();
        // It brings zod, which no help text should wait for.
        const { modifiedOf } = await import('./path-stat.ts');
        return modifiedOf(answer.headers);
      }),
  };
}

async function archiveOf(
  engine: Dockerode,
  id: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const options = { path, ...(signal === undefined ? {} : { abortSignal: signal }) };
  return (await engine.getContainer(id).getArchive(options)) as unknown as Readable;
}
