import { ask, labelFilter, request, requestUnless, type Connect } from './request.ts';
import type Dockerode from 'dockerode';
import { containersOf } from './containers.ts';
import { checkEngine, socketPath } from './daemon.ts';
import { imagesOf } from './images.ts';
import type { Docker, DockerInfo, DockerSystem, DockerVolumes } from '../port.ts';

/**
 * The local Docker daemon that the environment names. Nothing is contacted before the first request.
 * @param interrupt ends questions that are under way; what is asked after it, for a clean-up, is answered
 */
export function dockerodeEngine(
  env: Readonly<Record<string, string | undefined>>,
  interrupt?: AbortSignal,
): Docker {
  let client: Promise<Dockerode> | undefined;
  const open = (): Promise<Dockerode> => {
    client ??= load(socketPath(env));
    return client;
  };
  const connect: Connect = Object.assign(open, { interrupt });
  return {
    system: systemOf(connect, env),
    images: imagesOf(connect),
    containers: containersOf(connect),
    volumes: volumesOf(connect),
  };
}

async function load(socket: string): Promise<Dockerode> {
  const { loadDockerode } = await import('./load.ts');
  return loadDockerode(socket);
}

interface VersionAnswer {
  readonly Version: string;
  readonly Components?: readonly { readonly Name: string }[];
}

interface InfoAnswer {
  readonly Driver: string;
  readonly CgroupVersion?: string;
  readonly MemTotal: number;
  readonly DockerRootDir: string;
  readonly Architecture: string;
}

/** The client takes options here, and has these answers, whatever its types say. */
interface Interruptible {
  version(options: { abortSignal: AbortSignal }): Promise<VersionAnswer>;
  info(options: { abortSignal: AbortSignal }): Promise<InfoAnswer>;
}

function systemOf(connect: Connect, env: Readonly<Record<string, string | undefined>>): DockerSystem {
  return {
    lock: async (name, options) => {
      const { lockOf } = await import('./lock.ts');
      return lockOf(socketPath(env), name, options);
    },
    info: () =>
      ask(connect, 'answer', async (engine, options): Promise<DockerInfo> => {
        const interruptible = engine as unknown as Interruptible;
        const [version, info] = await Promise.all([
          interruptible.version(options),
          interruptible.info(options),
        ]);
        checkEngine(
          version.Version,
          (version.Components ?? []).map(({ Name }) => Name),
        );
        return {
          version: version.Version,
          storageDriver: info.Driver,
          cgroupVersion: info.CgroupVersion ?? '1',
          memoryBytes: info.MemTotal,
          rootDir: info.DockerRootDir,
          architecture: info.Architecture,
        };
      }),
  };
}

function volumesOf(connect: Connect): DockerVolumes {
  return {
    create: async (name, labels) => {
      await request(connect, `create volume ${name}`, (engine) =>
        engine.createVolume({ Name: name, Labels: { ...labels } }),
      );
    },
    remove: async (name) => {
      await requestUnless(connect, `remove volume ${name}`, [404], (engine) =>
        engine.getVolume(name).remove(),
      );
    },
    list: (labels) =>
      ask(connect, 'list volumes', async (engine, options) => {
        const { Volumes } = await engine.listVolumes({ ...options, filters: labelFilter(labels) });
        // The daemon says null for none, whatever the types of the client say.
        return ((Volumes as typeof Volumes | null) ?? []).map(({ Name, Labels: own }) => ({
          name: Name,
          labels: own,
        }));
      }),
  };
}
