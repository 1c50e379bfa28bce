import type Dockerode from 'dockerode';
import { isCode } from '../../errors/error.ts';
import { containerOptions } from './container-options.ts';
import { ask, askFor, labelFilter, request, requestUnless, type Connect } from './request.ts';
import { connectTo, execIn, startIn } from './exec.ts';
import { filesOf } from './container-files.ts';
import { createWithVolumes, type IsPodman } from './podman.ts';
import type { ContainerInfo, DockerContainers, PublishedPort } from '../interface.ts';

/** Containers of the daemon. */
export function containersOf(connect: Connect, isPodman: IsPodman): DockerContainers {
  return {
    ...lifecycleOf(connect, isPodman),
    ...filesOf(connect),
    inspect: (id, signal) =>
      askFor(
        connect,
        `inspect container ${id}`,
        async (engine, options) => inspectInfo(await engine.getContainer(id).inspect(options)),
        signal,
      ),
    list: (labels) =>
      ask(connect, 'list containers', async (engine, options) =>
        (await engine.listContainers({ ...options, all: true, filters: labelFilter(labels) })).map(listInfo),
      ),
    logs: (id, options) =>
      request(
        connect,
        `read the log of container ${id.slice(0, 12)}`,
        (engine) => logsOf(engine, id, options),
        options?.signal,
      ),
    exec: (id, argv, options = {}) =>
      request(
        connect,
        `run ${argv[0] ?? ''} in container ${id.slice(0, 12)}`,
        (engine) => execIn(engine, id, argv, options),
        options.signal,
      ),
    execDetached: (id, argv) =>
      request(connect, `start ${argv[0] ?? ''} in container ${id.slice(0, 12)}`, (engine) =>
        startIn(engine, id, argv),
      ),
    connect: (id, argv, options) =>
      request(
        connect,
        `run ${argv[0] ?? ''} in container ${id.slice(0, 12)}`,
        (engine) => connectTo(engine, id, argv, options),
        options?.signal,
      ),
  };
}

function lifecycleOf(
  connect: Connect,
  isPodman: IsPodman,
): Pick<DockerContainers, 'create' | 'start' | 'stop' | 'pause' | 'unpause' | 'rename' | 'remove' | 'wait'> {
  return {
    create: (spec) =>
      request(connect, `create container ${spec.name}`, async (engine) => {
        const { mounts = [] } = spec;
        const labelled = mounts.some(({ labels }) => labels !== undefined);
        const make = async (): Promise<string> => (await engine.createContainer(containerOptions(spec))).id;
        return labelled && (await isPodman()) ? createWithVolumes(engine, mounts, make) : make();
      }),
    start: async (id) => {
      await requestUnless(connect, `start container ${id.slice(0, 12)}`, [304], (engine) =>
        engine.getContainer(id).start(),
      );
    },
    stop: async (id, seconds) => {
      await requestUnless(connect, `stop container ${id.slice(0, 12)}`, [304, 404], (engine) =>
        engine.getContainer(id).stop({ t: seconds }),
      );
    },
    pause: async (id) => {
      await request(connect, `pause container ${id.slice(0, 12)}`, (engine) =>
        engine.getContainer(id).pause(),
      );
    },
    unpause: async (id) => {
      await request(connect, `unpause container ${id.slice(0, 12)}`, (engine) =>
        engine.getContainer(id).unpause(),
      );
    },
    rename: async (id, name) => {
      await request(connect, `rename container ${id.slice(0, 12)} to ${name}`, (engine) =>
        engine.getContainer(id).rename({ name }),
      );
    },
    remove: (id) => remove(connect, id),
    wait: (id, signal) =>
      request(
        connect,
        `wait for container ${id.slice(0, 12)}`,
        async (engine) => {
          const answer = (await engine.getContainer(id).wait({ abortSignal: signal })) as {
            StatusCode: number;
          };
          return answer.StatusCode;
        },
        signal,
      ),
  };
}

/** A removal that another request has begun is waited for, so that the caller may count on the name being free. */
async function remove(connect: Connect, id: string): Promise<void> {
  for (let left = 100; left > 0; left -= 1) {
    try {
      await requestUnless(connect, `remove container ${id.slice(0, 12)}`, [404], (engine) =>
        engine.getContainer(id).remove({ force: true, v: true }),
      );
      return;
    } catch (error) {
      if (!isCode(error, 'CONFLICT') || left === 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function logsOf(
  engine: Dockerode,
  id: string,
  { tail, signal }: { tail?: number; signal?: AbortSignal } = {},
): Promise<string> {
  const raw = await engine.getContainer(id).logs({
    stdout: true,
    stderr: true,
    follow: false,
    ...(tail === undefined ? {} : { tail }),
    ...(signal === undefined ? {} : { abortSignal: signal }),
  });
  return demultiplex(raw);
}

/** Text of a log in the daemon's framing: 1 byte stream, 3 bytes zero, 4 bytes length, payload. */
export function demultiplex(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length;) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}

function inspectInfo(answer: Dockerode.ContainerInspectInfo): ContainerInfo {
  return {
    id: answer.Id,
    name: answer.Name.replace(/^\//, ''),
    image: answer.Config.Image,
    imageId: answer.Image,
    labels: answer.Config.Labels,
    state: answer.State.Status as ContainerInfo['state'],
    exitCode: answer.State.ExitCode,
    created: answer.Created,
    ports: publishedOf(answer.NetworkSettings.Ports),
  };
}

function publishedOf(
  ports: Readonly<Record<string, readonly { HostPort: string }[] | null>>,
): PublishedPort[] {
  return Object.entries(ports).flatMap(([key, bindings]) => {
    const [port, protocol] = key.split('/');
    return (bindings ?? []).map(({ HostPort }) => ({
      containerPort: Number(port),
      protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
      hostPort: Number(HostPort),
    }));
  });
}

function listInfo(answer: Dockerode.ContainerInfo): ContainerInfo {
  return {
    id: answer.Id,
    name: (answer.Names[0] ?? '').replace(/^\//, ''),
    image: answer.Image,
    imageId: answer.ImageID,
    labels: answer.Labels,
    state: answer.State as ContainerInfo['state'],
    exitCode: Number(/^Exited \((\d+)\)/.exec(answer.Status)?.[1] ?? 0),
    created: new Date(answer.Created * 1000).toISOString(),
    ports: answer.Ports.filter(({ PublicPort }) => PublicPort > 0).map((port) => ({
      containerPort: port.PrivatePort,
      protocol: port.Type === 'udp' ? 'udp' : 'tcp',
      hostPort: port.PublicPort,
    })),
  };
}
