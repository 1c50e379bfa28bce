import { Duplex, PassThrough, Readable } from 'node:stream';
import { packFiles } from '../../gocli-ts/src/place/docker/archive.ts';
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
  FileEntry,
  ImageInfo,
  Labels,
} from '../../gocli-ts/src/place/port.ts';
import { GocliError } from '../../gocli-ts/src/errors/error.ts';
import { matches, unpack } from './docker-data.ts';

type Method =
  | `system.${keyof DockerSystem}`
  | `images.${keyof DockerImages}`
  | `containers.${keyof DockerContainers}`
  | `volumes.${keyof DockerVolumes}`;

interface FakeContainer {
  info: ContainerInfo;
  readonly spec: ContainerSpec;
  /** Files outside of volumes, by absolute path. */
  readonly files: Map<string, Buffer>;
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
  /** Files in volumes, by volume and then by path in it. */
  readonly volumeFiles = new Map<string, Map<string, Buffer>>();
  readonly #locks = new Map<string, Promise<undefined>>();
  readonly #modified = new WeakMap<Buffer, string>();
  about: DockerInfo = {
    version: '20.10.24',
    storageDriver: 'overlay2',
    cgroupVersion: '2',
    memoryBytes: 16 * 1024 ** 3,
    rootDir: '/var/lib/docker',
    architecture: 'x86_64',
  };
  /** What `connect` gives for a program; a stream that answers nothing unless set. */
  onConnect: (argv: readonly string[], container: ContainerInfo) => Duplex = () => new PassThrough();
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
  write(id: string, path: string, text: string | Buffer, modified?: string): void {
    const content = Buffer.from(text);
    if (modified !== undefined) this.#modified.set(content, modified);
    const at = this.#place(this.#container(id, 'write to'), path);
    at.files.set(at.path, content);
  }

  /** Removes a file or a folder, as a program in it would. */
  erase(id: string, path: string): void {
    const at = this.#place(this.#container(id, 'write to'), path);
    for (const file of [...at.files.keys()])
      if (file === at.path || file.startsWith(`${at.path}/`)) at.files.delete(file);
  }

  /** Ends a container as if its process had ended. */
  end(id: string, exitCode: number): void {
    const container = this.#container(id, 'end');
    if (container.info.state !== 'running') return;
    container.info = { ...container.info, state: 'exited', exitCode };
    for (const resolve of container.waiting.splice(0)) resolve(exitCode);
  }

  readonly system: DockerSystem = {
    info: () => this.#call('system.info', [], () => this.about),
    lock: async (name, { signal, onWait }) => {
      signal.throwIfAborted();
      const before = this.#locks.get(name);
      let free = (): void => undefined;
      const held = new Promise<undefined>((resolve) => {
        free = () => {
          resolve(undefined);
        };
      });
      this.#locks.set(name, held);
      if (before !== undefined) onWait({ pid: 1, since: '2030-01-01T00:00:00.000Z' });
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
      }),
    stop: (id, seconds) =>
      this.#call('containers.stop', [id, seconds], () => {
        if (this.#find(id) !== undefined) this.end(id, 143);
      }),
    pause: (id) =>
      this.#call('containers.pause', [id], () => {
        const container = this.#container(id, 'pause');
        container.info = { ...container.info, state: 'paused' };
      }),
    unpause: (id) =>
      this.#call('containers.unpause', [id], () => {
        const container = this.#container(id, 'unpause');
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
        this.#put(id, directory, files);
      }),
    putArchive: (id, directory, tar) =>
      this.#call('containers.putArchive', [id, directory, tar], async () => {
        this.#put(id, directory, await unpack(tar));
      }),
    getArchive: (id, path) => this.#call('containers.getArchive', [id, path], () => this.#archive(id, path)),
    readFile: (id, path) =>
      this.#call('containers.readFile', [id, path], () => {
        const content = this.#file(this.#container(id, 'read'), path);
        if (content === undefined) throw new GocliError('NOT_FOUND', `${path} is not there`);
        return content;
      }),
    modified: (id, path) =>
      this.#call('containers.modified', [id, path], () => {
        const container = this.#find(id);
        const content = container === undefined ? undefined : this.#entry(container, path);
        return content === undefined ? undefined : (this.#modified.get(content) ?? '0.000000000');
      }),
    exec: (id, argv, options = {}) =>
      this.#call('containers.exec', [id, argv, options], () => this.#exec(id, argv, options)),
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
        this.volumeFiles.delete(name);
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
      port.hostPort === 0 ? { ...port, hostPort: 40_000 + 100 * this.#made + index } : port,
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

  #requirePorts({ id, ports }: ContainerInfo): void {
    for (const { info } of this.containerStore.values()) {
      if (info.id === id || info.state !== 'running') continue;
      const taken = ports.find(
        (port) =>
          port.hostPort < FIRST_EPHEMERAL &&
          info.ports.some((other) => other.hostPort === port.hostPort && other.protocol === port.protocol),
      );
      if (taken !== undefined) throw new GocliError('PORT_TAKEN', `host port ${taken.hostPort} is taken`);
    }
  }

  #put(id: string, directory: string, files: readonly FileEntry[]): void {
    for (const { path, content, modified } of files) {
      if (content !== undefined) this.write(id, `${directory.replace(/\/$/, '')}/${path}`, content, modified);
    }
  }

  /** Where a path of a container is kept: in a volume that is mounted above it, or in the container. */
  #place({ spec, files }: FakeContainer, path: string): { files: Map<string, Buffer>; path: string } {
    const mount = (spec.mounts ?? []).find(
      ({ type, target }) => type === 'volume' && path.startsWith(`${target}/`),
    );
    if (mount?.source === undefined) return { files, path };
    const volume = this.volumeFiles.get(mount.source) ?? new Map<string, Buffer>();
    this.volumeFiles.set(mount.source, volume);
    return { files: volume, path: path.slice(mount.target.length) };
  }

  /** A file, or any of a folder's. */
  #entry(container: FakeContainer, path: string): Buffer | undefined {
    const at = this.#place(container, path);
    const within = [...at.files].find(([file]) => file.startsWith(`${at.path}/`));
    return at.files.get(at.path) ?? within?.[1];
  }

  #file(container: FakeContainer, path: string): Buffer | undefined {
    const at = this.#place(container, path);
    return at.files.get(at.path);
  }

  #archive(id: string, path: string): Readable {
    const base = path.slice(path.lastIndexOf('/') + 1);
    const at = this.#place(this.#container(id, 'read'), path);
    const found = [...at.files].flatMap(([file, content]) =>
      file === at.path || file.startsWith(`${at.path}/`)
        ? [{ path: base + file.slice(at.path.length), content }]
        : [],
    );
    if (found.length === 0) throw new GocliError('NOT_FOUND', `${path} is not there`);
    return packFiles(found);
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
