import { labelFilter, request, requestUnless, type Connect } from './request.ts';
import type Dockerode from 'dockerode';
import { containersOf } from './containers.ts';
import { checkEngine, socketPath } from './daemon.ts';
import { imagesOf } from './images.ts';
import type { Docker, DockerInfo, DockerSystem, DockerVolumes } from '../port.ts';

/** The local Docker daemon that the environment names. Nothing is contacted before the first request. */
export function dockerodeEngine(env: Readonly<Record<string, string | undefined>>): Docker {
  let client: Promise<Dockerode> | undefined;
  const connect: Connect = () => {
    client ??= load(socketPath(env));
    return client;
  };
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

function systemOf(connect: Connect, env: Readonly<Record<string, string | undefined>>): DockerSystem {
  return {
    lock: async (name, options) => {
      const { lockOf } = await import('./lock.ts');
      return lockOf(socketPath(env), name, options);
    },
    info: () =>
      request(connect, 'answer', async (engine): Promise<DockerInfo> => {
        const [version, info] = await Promise.all([
          engine.version() as Promise<VersionAnswer>,
          engine.info() as Promise<InfoAnswer>,
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
      request(connect, 'list volumes', async (engine) => {
        const { Volumes } = await engine.listVolumes({ filters: labelFilter(labels) });
        // The daemon says null for none, whatever the types of the client say.
        return ((Volumes as typeof Volumes | null) ?? []).map(({ Name, Labels: own }) => ({
          name: Name,
          labels: own,
        }));
      }),
  };
}
