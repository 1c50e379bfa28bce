import { ask, labelFilter, request, requestUnless, type Connect } from './request.ts';
import type Dockerode from 'dockerode';
import { containersOf } from './containers.ts';
import { readDockerConfig, type DockerConfig, type Environment } from './config.ts';
import type { RunHelper } from './credentials.ts';
import { checkEngine } from './daemon.ts';
import { endpointOf, endpointWords, type Endpoint } from './endpoint.ts';
import { imagesOf, type FindLogin } from './images.ts';
import { isPodmanOf, podmanTeller, type VersionAnswer } from './podman.ts';
import type { BridgeNetwork, Docker, DockerInfo, DockerSystem, DockerVolumes } from '../interface.ts';

/** What an adapter may be given. */
export interface EngineOptions {
  /** Ends questions that are under way; what is asked after it, for a clean-up, is answered. */
  readonly interrupt?: AbortSignal;
  /** Runs programs that keep the user's logins; without it only those in the configuration are used. */
  readonly runHelper?: RunHelper;
}

/** The local Docker daemon that the docker client would use. Nothing is contacted before the first request. */
export function dockerodeEngine(env: Environment, { interrupt, runHelper }: EngineOptions = {}): Docker {
  const config = once(() => readDockerConfig(env));
  const endpoint = once(() => endpointOf(env, config));
  const open = once(() => endpoint().then(load));
  const connect: Connect = Object.assign(open, { interrupt });
  const login: FindLogin = async (reference, signal) => {
    const { loginFor } = await import('./credentials.ts');
    return loginFor(reference, env, runHelper, { signal });
  };
  const isPodman = podmanTeller(connect);
  return {
    system: systemOf(connect, { config, endpoint, login }),
    images: imagesOf(connect, { findLogin: login, isPodman }),
    containers: containersOf(connect, isPodman),
    volumes: volumesOf(connect),
  };
}

/** Every command needs these, and the files behind them are read once for it. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}

async function load(endpoint: Endpoint): Promise<Dockerode> {
  const { loadDockerode } = await import('./load.ts');
  return loadDockerode(endpoint);
}

interface InfoAnswer {
  readonly Driver: string;
  readonly CgroupVersion?: string;
  readonly MemTotal: number;
  readonly DockerRootDir: string;
  readonly Architecture: string;
  readonly Name: string;
  /** `name=seccomp,profile=default` */
  readonly SecurityOptions?: readonly string[] | null;
}

interface NetworkAnswer {
  readonly Name: string;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: {
    readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null;
  };
}

/** The client takes options here, and has these answers, whatever its types say. */
interface Interruptible {
  version(options: { abortSignal: AbortSignal }): Promise<VersionAnswer>;
  info(options: { abortSignal: AbortSignal }): Promise<InfoAnswer>;
}

interface UserSettings {
  readonly config: () => Promise<DockerConfig>;
  readonly endpoint: () => Promise<Endpoint>;
  readonly login: FindLogin;
}

function systemOf(connect: Connect, { config, endpoint, login }: UserSettings): DockerSystem {
  return {
    login,
    configProblem: async () => (await config()).problem,
    endpoint: async () => endpointWords(await endpoint()),
    lock: async (name, options) => {
      const { lockOf } = await import('./lock.ts');
      return lockOf(endpointWords(await endpoint()), name, options);
    },
    isHere: () => isSocketHere(endpoint),
    info: async () => {
      const [{ podman, ...about }, bridge, isHere] = await Promise.all([
        aboutDaemon(connect),
        bridgeOf(connect),
        isSocketHere(endpoint),
      ]);
      return { ...about, bridge: bridge === undefined ? undefined : { ...bridge, lasts: !podman }, isHere };
    },
  };
}

async function isSocketHere(endpoint: UserSettings['endpoint']): Promise<boolean | undefined> {
  const at = await endpoint();
  if (!('socketPath' in at)) return undefined;
  const { listensHere } = await import('./listening.ts');
  return listensHere(at.socketPath);
}

function aboutDaemon(
  connect: Connect,
): Promise<Omit<DockerInfo, 'bridge' | 'isHere'> & { readonly podman: boolean }> {
  return ask(connect, 'answer', async (engine, options) => {
    const interruptible = engine as unknown as Interruptible;
    const [version, info] = await Promise.all([interruptible.version(options), interruptible.info(options)]);
    checkEngine(version);
    const has = (option: string): boolean =>
      (info.SecurityOptions ?? []).some((one) => one.split(',').includes(`name=${option}`));
    return {
      version: version.Version,
      storageDriver: info.Driver,
      cgroupVersion: info.CgroupVersion ?? '1',
      memoryBytes: info.MemTotal,
      rootDir: info.DockerRootDir,
      // Podman has Go's word for it.
      architecture: info.Architecture === 'amd64' ? 'x86_64' : info.Architecture,
      rootless: has('rootless'),
      remapsUsers: has('userns'),
      hostName: info.Name,
      podman: isPodmanOf(version),
    };
  });
}

/** Says `false` also where the daemon makes no rules at all (moby, daemon/daemon_unix.go). Podman's has no such option. */
const MASQUERADES = 'com.docker.network.bridge.enable_ip_masquerade';

/** The network of containers that name none. Its name is the daemon's own, whatever the interface is called. */
function bridgeOf(connect: Connect): Promise<BridgeNetwork | undefined> {
  return ask(connect, 'list networks', async (engine, options) => {
    const networks = (await engine.listNetworks({ ...options })) as readonly NetworkAnswer[];
    const bridge = networks.find(({ Name }) => Name === 'bridge');
    if (bridge === undefined) return undefined;
    const configs = bridge.IPAM?.Config ?? [];
    return {
      subnets: configs.flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])),
      gateway: configs.find(({ Gateway = '' }) => Gateway.includes('.'))?.Gateway,
      masquerades: bridge.Options?.[MASQUERADES] !== 'false',
    };
  });
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
