import { hostname } from 'node:os';
import { Duplex, PassThrough, Readable } from 'node:stream';
import type {
  ContainerInfo,
  ContainerSpec,
  Docker,
  DockerContainers,
  DockerImages,
  DockerInfo,
  DockerSystem,
  DockerVolumes,
  ExecOptions,
  ExecResult,
  ImageInfo,
  Labels,
} from '../../gocli-ts/src/place/interface.ts';
import { GocliError } from '../../gocli-ts/src/errors/error.ts';
import { ContainerFiles, type WithFiles } from './container-files.ts';
import { matches, unpack } from './docker-data.ts';
import { portError, type PortHolder } from './port-error.ts';

type Method =
  | `system.${keyof DockerSystem}`
  | `images.${keyof DockerImages}`
  | `containers.${keyof DockerContainers}`
  | `volumes.${keyof DockerVolumes}`;

interface FakeContainer extends WithFiles {
  info: ContainerInfo;
  log: string;
  readonly waiting: ((exitCode: number) => void)[];
}

/** What a program in a container answers; undefined leaves the answer to the next responder. */
export type ExecResponder = (
  argv: readonly string[],
  container: ContainerInfo,
  options: ExecOptions,
) => Partial<ExecResult> | Error | undefined;

/**
 * Of the ports that the kernel chooses (ip_local_port_range). It does not offer one on which a real daemon listens; this
 * one does not listen, so that two rigs may well be offered the same.
 */
const FIRST_EPHEMERAL = 32_768;

/** A Docker daemon in memory: containers run until {@link FakeDocker.end} and do nothing of their own. */
export class FakeDocker implements Docker {
  /** Every request, in order. */
  readonly calls: { readonly method: Method; readonly args: readonly unknown[] }[] = [];
  readonly imageStore = new Map<string, ImageInfo>();
  readonly containerStore = new Map<string, FakeContainer>();
  readonly volumeStore = new Map<string, Labels>();
  readonly #files = new ContainerFiles();
  /** Host ports that somebody else has: no container can be started with them. */
  readonly takenPorts = new Map<number, PortHolder>();
  readonly #locks = new Map<string, Promise<undefined>>();
  /** Where it is. */
  at = '/var/run/docker.sock';
  about: DockerInfo = {
    version: '20.10.24',
    storageDriver: 'overlay2',
    cgroupVersion: '2',
    memoryBytes: 16 * 1024 ** 3,
    rootDir: '/var/lib/docker',
    architecture: 'x86_64',
    rootless: false,
    remapsUsers: false,
    hostName: hostname(),
    isHere: true,
    // An address that every host has: this process is where the daemon is.
    bridge: { subnets: ['172.17.0.0/16'], gateway: '127.0.0.1' },
  };
  /** Host port for the one that a container publishes at this place of its list and asks for none. */
  hostPortOf = (index: number): number => 40_000 + 100 * this.#made + index;
  /** What `connect` gives for a program; a stream that answers nothing unless set. */
  onConnect: (argv: readonly string[], container: ContainerInfo) => Duplex = () => new PassThrough();
  /** What a program does first that a container runs. */
  onStart: (container: ContainerInfo, spec: ContainerSpec) => void = () => undefined;
  /** Comes before each answer; may delay it or throw. */
  before: (method: Method, args: readonly unknown[]) => void | Promise<void> = () => undefined;
  readonly #responders: ExecResponder[] = [];
  readonly #failures = new Map<Method, Error[]>();
  #made = 0;

  /** Adds a responder for `exec`; the one added last is asked first. Without any, every program succeeds silently. */
  onExec(responder: ExecResponder): this {
    this.#responders.unshift(responder);
    return this;
  }

  /** The next request of this kind fails; several calls queue up. */
  failNext(method: Method, error: Error): this {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), error]);
    return this;
  }

  /** Adds an image. */
  addImage(reference: string, labels: Labels = {}): ImageInfo {
    const id = `sha256:${this.#number()}`;
    const image = { id, tags: [reference], labels, size: 1024, created: '2030-01-01T00:00:00Z' };
    this.imageStore.set(id, image);
    return image;
  }

  /** Writes a file of a container, or of a volume that it has, as a program in it would. */
  write(id: string, path: string, text: string | Buffer): void {
    this.#files.write(this.#container(id, 'write to'), path, text);
  }

  /** Reads one as a program in it would; undefined when it is not there. */
  read(id: string, path: string): string | undefined {
    return this.#files.read(this.#container(id, 'read'), path)?.toString('utf8');
  }

  /** Removes a file or a folder, as a program in it would. */
  erase(id: string, path: string): void {
    this.#files.erase(this.#container(id, 'write to'), path);
  }

  /** Ends a container as if its process had ended. */
  end(id: string, exitCode: number): void {
    const container = this.#container(id, 'end');
    if (container.info.state !== 'running') return;
    container.info = { ...container.info, state: 'exited', exitCode };
    for (const resolve of container.waiting.splice(0)) resolve(exitCode);
  }

  readonly system: DockerSystem = {
    configProblem: () => Promise.resolve(undefined),
    login: () => Promise.resolve({}),
    endpoint: () => Promise.resolve(this.at),
    isHere: () => Promise.resolve(this.about.isHere),
    info: () => this.#call('system.info', [], () => this.about),
    lock: async (name, { signal, onWait }) => {
      signal.throwIfAborted();
      const before = this.#locks.get(name);
      if (before !== undefined) onWait({ pid: 1, since: '2030-01-01T00:00:00.000Z' });
      // Some want it only if it is free.
      signal.throwIfAborted();
      let free = (): void => undefined;
      const held = new Promise<undefined>((resolve) => {
        free = () => {
          resolve(undefined);
        };
      });
      this.#locks.set(name, held);
      await before;
      return {
        [Symbol.asyncDispose]: () => {
          if (this.#locks.get(name) === held) this.#locks.delete(name);
          free();
          return Promise.resolve();
        },
      };
    },
  };

  readonly images: DockerImages = {
    inspect: (reference) => this.#call('images.inspect', [reference], () => this.#image(reference)),
    list: (labels) =>
      this.#call('images.list', [labels], () =>
        [...this.imageStore.values()].filter((image) => matches(image.labels, labels)),
      ),
    pull: (reference, options) =>
      this.#call('images.pull', [reference, options], () => {
        const image = this.#image(reference);
        if (image === undefined) throw new GocliError('IMAGE_MISSING', `image ${reference} cannot be pulled`);
        return image;
      }),
    importRootfs: (tar, reference, options) =>
      this.#call('images.importRootfs', [tar, reference, options], async () => {
        await tar.resume().toArray();
        return this.addImage(reference).id;
      }),
    save: (references) =>
      this.#call('images.save', [references], () => Readable.from([Buffer.from('archive')])),
    load: (archive, options) =>
      this.#call('images.load', [archive, options], async () => {
        await archive.resume().toArray();
      }),
    commit: (id, reference, options) =>
      this.#call('images.commit', [id, reference, options], () => {
        const { spec } = this.#container(id, 'commit');
        return this.addImage(reference, spec.labels).id;
      }),
    tag: (source, reference) =>
      this.#call('images.tag', [source, reference], () => {
        const image = this.#image(source);
        if (image === undefined) throw new GocliError('IMAGE_MISSING', `there is no image ${source}`);
        for (const other of this.imageStore.values()) this.#untag(other, reference);
        const now = this.#image(image.id) ?? image;
        this.imageStore.set(image.id, { ...now, tags: [...now.tags, reference] });
      }),
    remove: (reference) =>
      this.#call('images.remove', [reference], () => {
        const image = this.#image(reference);
        if (image === undefined) return;
        if (image.id !== reference) this.#untag(image, reference);
        if (image.id === reference || image.tags.length === 1) this.imageStore.delete(image.id);
      }),
  };

  readonly containers: DockerContainers = {
    create: (spec) => this.#call('containers.create', [spec], () => this.#create(spec)),
    start: (id) =>
      this.#call('containers.start', [id], () => {
        const container = this.#container(id, 'start');
        this.#requirePorts(container.info);
        container.info = { ...container.info, state: 'running' };
        this.onStart(container.info, container.spec);
      }),
    stop: (id, seconds) =>
      this.#call('containers.stop', [id, seconds], () => {
        if (this.#find(id) !== undefined) this.end(id, 143);
      }),
    pause: (id) =>
      this.#call('containers.pause', [id], () => {
        const container = this.#running(id, 'pause');
        container.info = { ...container.info, state: 'paused' };
      }),
    unpause: (id) =>
      this.#call('containers.unpause', [id], () => {
        const container = this.#container(id, 'unpause');
        // As the daemon does: a container that is not paused cannot be unpaused.
        if (container.info.state !== 'paused')
          throw new GocliError('CONFLICT', `container ${id} is not paused`);
        container.info = { ...container.info, state: 'running' };
      }),
    rename: (id, name) =>
      this.#call('containers.rename', [id, name], () => {
        const container = this.#container(id, 'rename');
        if (this.#find(name) !== undefined) throw new GocliError('CONFLICT', `container ${name} exists`);
        container.info = { ...container.info, name };
      }),
    remove: (id) =>
      this.#call('containers.remove', [id], () => {
        const container = this.#find(id);
        if (container === undefined) return;
        this.end(container.info.id, 137);
        this.containerStore.delete(container.info.id);
      }),
    inspect: (id) => this.#call('containers.inspect', [id], () => this.#find(id)?.info),
    list: (labels) =>
      this.#call('containers.list', [labels], () =>
        [...this.containerStore.values()]
          .map(({ info }) => info)
          .filter((info) => matches(info.labels, labels)),
      ),
    logs: (id, options) =>
      this.#call('containers.logs', [id, options], () => {
        const { log } = this.#container(id, 'read the log of');
        return options?.tail === undefined ? log : log.split('\n').slice(-options.tail).join('\n');
      }),
    wait: (id, signal) =>
      this.#call('containers.wait', [id, signal], () => {
        const { info, waiting } = this.#container(id, 'wait for');
        if (info.state !== 'running') return info.exitCode;
        return new Promise<number>((resolve, reject) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        });
      }),
    putFiles: (id, directory, files) =>
      this.#call('containers.putFiles', [id, directory, files], () => {
        this.#files.put(this.#container(id, 'write to'), directory, files);
      }),
    putArchive: (id, directory, tar) =>
      this.#call('containers.putArchive', [id, directory, tar], async () => {
        this.#files.put(this.#container(id, 'write to'), directory, await unpack(tar));
      }),
    getArchive: (id, path) =>
      this.#call('containers.getArchive', [id, path], () =>
        this.#files.archive(this.#container(id, 'read'), path),
      ),
    readFile: (id, path) =>
      this.#call('containers.readFile', [id, path], () => {
        const content = this.#files.read(this.#container(id, 'read'), path);
        if (content === undefined) throw new GocliError('NOT_FOUND', `${path} is not there`);
        return content;
      }),
    modified: (id, path) =>
      this.#call('containers.modified', [id, path], () => {
        const container = this.#find(id);
        return container === undefined ? undefined : this.#files.modified(container, path);
      }),
    exec: (id, argv, options = {}) =>
      this.#call('containers.exec', [id, argv, options], () => this.#exec(id, argv, options)),
    execDetached: (id, argv) =>
      this.#call('containers.execDetached', [id, argv], () => {
        this.#exec(id, argv, {});
      }),
    connect: (id, argv, options) =>
      this.#call('containers.connect', [id, argv, options], () =>
        this.onConnect(argv, this.#running(id, 'connect to').info),
      ),
  };

  readonly volumes: DockerVolumes = {
    create: (name, labels) =>
      this.#call('volumes.create', [name, labels], () => {
        this.volumeStore.set(name, labels);
      }),
    remove: (name) =>
      this.#call('volumes.remove', [name], () => {
        const used = [...this.containerStore.values()].some(({ spec }) =>
          (spec.mounts ?? []).some(({ type, source }) => type === 'volume' && source === name),
        );
        if (used) throw new GocliError('CONFLICT', `volume ${name} is in use`);
        this.volumeStore.delete(name);
        this.#files.volumes.delete(name);
      }),
    list: (labels) =>
      this.#call('volumes.list', [labels], () =>
        [...this.volumeStore]
          .map(([name, own]) => ({ name, labels: own }))
          .filter((volume) => matches(volume.labels, labels)),
      ),
  };

  async #call<T>(method: Method, args: readonly unknown[], answer: () => T | Promise<T>): Promise<T> {
    this.calls.push({ method, args });
    const failure = this.#failures.get(method)?.shift();
    if (failure !== undefined) throw failure;
    await this.before(method, args);
    return answer();
  }

  #create(spec: ContainerSpec): string {
    if (this.#find(spec.name) !== undefined)
      throw new GocliError('CONFLICT', `container ${spec.name} exists`);
    const image = this.#image(spec.image);
    if (image === undefined) throw new GocliError('IMAGE_MISSING', `there is no image ${spec.image}`);
    const id = this.#number();
    for (const { type, source = '', labels } of spec.mounts ?? []) {
      if (type === 'volume' && !this.volumeStore.has(source)) this.volumeStore.set(source, labels ?? {});
    }
    const ports = (spec.ports ?? []).map((port, index) =>
      port.hostPort === 0 ? { ...port, hostPort: this.hostPortOf(index) } : port,
    );
    const { name, labels } = spec;
    const created = '2030-01-01T00:00:00Z';
    const info = { id, name, image: spec.image, imageId: image.id, labels, created, ports };
    const container = {
      info: { ...info, state: 'created' as const, exitCode: 0 },
      spec,
      files: new Map(),
      log: '',
      waiting: [],
    };
    this.containerStore.set(id, container);
    return id;
  }

  #exec(id: string, argv: readonly string[], options: ExecOptions): ExecResult {
    options.signal?.throwIfAborted();
    const { info } = this.#running(id, 'run a program in');
    for (const responder of this.#responders) {
      const answer = responder(argv, info, options);
      if (answer instanceof Error) throw answer;
      if (answer !== undefined) return { exitCode: 0, stdout: '', stderr: '', ...answer };
    }
    return { exitCode: 0, stdout: '', stderr: '' };
  }

  #requirePorts(starting: ContainerInfo): void {
    const { id, ports } = starting;
    for (const port of ports) {
      const holder = this.takenPorts.get(port.hostPort);
      if (holder !== undefined) throw portError(starting, port, holder, this.about.version);
    }
    for (const { info } of this.containerStore.values()) {
      if (info.id === id || info.state !== 'running') continue;
      const taken = ports.find(
        (port) =>
          port.hostPort < FIRST_EPHEMERAL &&
          info.ports.some((other) => other.hostPort === port.hostPort && other.protocol === port.protocol),
      );
      if (taken !== undefined) throw portError(starting, taken, 'container', this.about.version);
    }
  }

  #image(reference: string): ImageInfo | undefined {
    return [...this.imageStore.values()].find(
      ({ id, tags }) => id === reference || tags.includes(reference) || tags.includes(`${reference}:latest`),
    );
  }

  #untag(image: ImageInfo, reference: string): void {
    this.imageStore.set(image.id, { ...image, tags: image.tags.filter((tag) => tag !== reference) });
  }

  #find(idOrName: string): FakeContainer | undefined {
    return (
      this.containerStore.get(idOrName) ??
      [...this.containerStore.values()].find(({ info }) => info.name === idOrName)
    );
  }

  #container(id: string, verb: string): FakeContainer {
    const container = this.#find(id);
    if (container === undefined)
      throw new GocliError('NOT_FOUND', `cannot ${verb} container ${id}: it is not there`);
    return container;
  }

  #running(id: string, verb: string): FakeContainer {
    const container = this.#container(id, verb);
    if (container.info.state === 'running') return container;
    throw new GocliError('CONFLICT', `cannot ${verb} container ${id}: it is not running`);
  }

  #number(): string {
    this.#made += 1;
    return this.#made.toString(16).padStart(64, '0');
  }
}
