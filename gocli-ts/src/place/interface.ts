import type { Readable, Writable, Duplex } from 'node:stream';

/** What the engine needs of a container engine: small interfaces, one per noun. `dockerode.ts` is the adapter. */
export interface Docker {
  readonly system: DockerSystem;
  readonly images: DockerImages;
  readonly containers: DockerContainers;
  readonly volumes: DockerVolumes;
}

export interface DockerSystem {
  /**
   * What the daemon says of itself.
   * @throws GocliError DOCKER_UNREACHABLE, DOCKER_UNSUPPORTED (remote or too old)
   */
  info(): Promise<DockerInfo>;
  /**
   * Where the daemon is that is asked, which is found out without asking it: `/var/run/docker.sock`.
   * @throws GocliError DOCKER_UNSUPPORTED, BAD_VALUE, BAD_FILE
   */
  endpoint(): Promise<string>;
  /**
   * Whether its socket was made in the network namespace of this process, which is found out without asking it; undefined
   * when it is reached by TCP. One in a container that was given the socket has another.
   */
  isHere(): Promise<boolean | undefined>;
  /** Why the user's Docker configuration is passed over, a sentence without a full stop; undefined when it is fine. */
  configProblem(): Promise<string | undefined>;
  /** The user's login at the registry of an image, as the docker client finds it. @throws the signal's reason */
  login(reference: string, signal: AbortSignal): Promise<Login>;
  /**
   * Takes a lock that all processes of this host which use the daemon share, of whatever user; that of a process that
   * was killed is free at once. Waits for it.
   * @throws the signal's reason
   */
  lock(name: string, options: LockOptions): Promise<AsyncDisposable>;
}

/** Header X-Registry-Auth of a request, decoded (Docker Engine API, "Authentication"). */
export type RegistryAuth =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string };

/** What is known of the user at a registry: perhaps nothing, perhaps with a reason why. */
export interface Login {
  readonly auth?: RegistryAuth;
  readonly problem?: string;
}

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once, when it has to be waited for. */
  readonly onWait: (holder: LockHolder) => void;
}

/** Who has a lock, as far as it says so. */
export interface LockHolder {
  readonly pid?: number | undefined;
  /** RFC 3339. */
  readonly since?: string | undefined;
}

export interface DockerInfo {
  readonly version: string;
  readonly storageDriver: string;
  readonly cgroupVersion: string;
  /** Bytes of memory of the daemon's host. */
  readonly memoryBytes: number;
  readonly rootDir: string;
  readonly architecture: string;
  /** Its processes have no rights of the host's root (rootless mode). */
  readonly rootless: boolean;
  /** Users of containers are others on the host (`userns-remap`). */
  readonly remapsUsers: boolean;
  /** Name of its host (`uname -n`). */
  readonly hostName: string;
  /** As {@link DockerSystem.isHere} says it. */
  readonly isHere: boolean | undefined;
  /** Its network `bridge`; undefined when it has none (`"bridge": "none"`). */
  readonly bridge: BridgeNetwork | undefined;
}

export interface BridgeNetwork {
  /** `172.17.0.0/16` */
  readonly subnets: readonly string[];
  /** Address of the daemon's host in it. */
  readonly gateway?: string | undefined;
  /** False when the daemon does not masquerade what leaves its host from there (`ip-masq` or `iptables` of its daemon.json). */
  readonly masquerades?: boolean;
  /** False when the daemon's host has that address only while a container runs (Podman). */
  readonly lasts?: boolean;
}

export type Labels = Readonly<Record<string, string>>;

export interface ImageInfo {
  /** `sha256:…` */
  readonly id: string;
  readonly tags: readonly string[];
  readonly labels: Labels;
  /** Bytes, uncompressed. */
  readonly size: number;
  /** RFC 3339. */
  readonly created: string;
  /** Digests of its layers, uncompressed, from the lowest to the highest; a list of images does not say them. */
  readonly layers?: readonly string[];
  /** As layers are. */
  readonly platform?: { readonly os: string; readonly architecture: string };
}

export interface TransferProgress {
  readonly message: string;
  readonly bytes?: number;
  readonly totalBytes?: number;
}

export interface DockerImages {
  inspect(reference: string): Promise<ImageInfo | undefined>;
  /** Images that carry all the labels (`key` alone or `key` with its exact value). */
  list(labels: Labels): Promise<ImageInfo[]>;
  /**
   * @throws GocliError IMAGE_MISSING when the registry does not have it, CHECKSUM when it gives something else than what
   * a digest names, DOWNLOAD for any other failure
   */
  pull(
    reference: string,
    options: { signal: AbortSignal; onProgress?: (progress: TransferProgress) => void },
  ): Promise<ImageInfo>;
  /** Makes a one-layer image from a root file system as a tar stream. Changes are Dockerfile instructions. */
  importRootfs(
    tar: Readable,
    reference: string,
    options: { changes: readonly string[]; signal: AbortSignal },
  ): Promise<string>;
  /** The image as a docker archive (what `docker save` writes). The signal ends that, too. */
  save(references: readonly string[], signal?: AbortSignal): Promise<Readable>;
  /**
   * Takes the images of a docker archive, under the names that they have in it. The stream is used up or destroyed.
   * @throws GocliError DOCKER (it does not take the archive); the stream's error; the signal's reason
   */
  load(
    archive: Readable,
    options: { signal: AbortSignal; onProgress?: (progress: TransferProgress) => void },
  ): Promise<void>;
  /** Commits a stopped container. Returns the image id. */
  commit(
    containerId: string,
    reference: string,
    options: { changes: readonly string[]; comment?: string },
  ): Promise<string>;
  tag(source: string, reference: string): Promise<void>;
  /** Removing what is not there is not an error. */
  remove(reference: string): Promise<void>;
}

/** A host port published on 127.0.0.1; 0 lets the daemon choose. */
export interface PublishedPort {
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
  readonly hostPort: number;
}

export interface Mount {
  readonly type: 'volume' | 'bind' | 'tmpfs';
  /** Volume name or host path; absent for tmpfs. */
  readonly source?: string;
  readonly target: string;
  readonly readOnly?: boolean;
  /** Labels of a volume that is made by this mount; one that exists keeps its own. */
  readonly labels?: Labels;
  /** Leaves a new volume empty, instead of filling it with what the image has at that place. */
  readonly noCopy?: boolean;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly hostname?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly labels: Labels;
  /** `bridge` (the daemon's default), `none`, or `container:<id>`. */
  readonly network: string;
  readonly ports?: readonly PublishedPort[];
  /** Capabilities kept; all others are dropped. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Device nodes handed in, path equal inside and outside. */
  readonly devices?: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  readonly user?: string;
  /** Further groups of the process, by number. */
  readonly groups?: readonly string[];
  /** seccomp, AppArmor and SELinux off: only for the one provisioning container that mounts. */
  readonly unconfined?: boolean;
  /** Names added to /etc/hosts, `name:address`. */
  readonly extraHosts?: readonly string[];
  readonly readOnlyRootfs?: boolean;
  /** Weight when processors are short, beside the 1024 of a container that says nothing. */
  readonly cpuShares?: number;
}

export interface ContainerInfo {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly labels: Labels;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly exitCode: number;
  /** RFC 3339. */
  readonly created: string;
  readonly ports: readonly PublishedPort[];
}

export interface FileEntry {
  /** Path below the target directory. */
  readonly path: string;
  /** Absent for a folder. */
  readonly content?: string | Buffer;
  /** Unix mode; 0644 unless told, 0755 for a folder. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since the epoch with up to nine decimals; 0 unless told. */
  readonly modified?: string;
}

export interface ExecOptions {
  readonly signal?: AbortSignal;
  readonly stdin?: string | Buffer | Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly env?: readonly string[];
  readonly user?: string;
}

export interface ExecResult {
  readonly exitCode: number;
  /** Captured unless a writable was given. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface DockerContainers {
  /**
   * Creates a container and returns its id.
   * @throws GocliError CONFLICT (the name exists), IMAGE_MISSING, DOCKER
   */
  create(spec: ContainerSpec): Promise<string>;
  /** @throws GocliError PORT_TAKEN, DISK_FULL, DOCKER */
  start(id: string): Promise<void>;
  /** Sends SIGTERM, after `seconds` SIGKILL. A container that is gone or not running is fine. */
  stop(id: string, seconds: number): Promise<void>;
  /** Freezes all processes of a container where they are. @throws GocliError CONFLICT when it does not run */
  pause(id: string): Promise<void>;
  /** Lets them go on. */
  unpause(id: string): Promise<void>;
  /** Gives it another name. @throws GocliError CONFLICT (the name exists), NOT_FOUND, DOCKER */
  rename(id: string, name: string): Promise<void>;
  /** Kills and removes with anonymous volumes. A container that is gone is fine. */
  remove(id: string): Promise<void>;
  inspect(idOrName: string, signal?: AbortSignal): Promise<ContainerInfo | undefined>;
  list(labels: Labels): Promise<ContainerInfo[]>;
  /** Both streams, in order, as text. */
  logs(id: string, options?: { tail?: number; signal?: AbortSignal }): Promise<string>;
  /** Resolves with the exit code when the container ends. */
  wait(id: string, signal: AbortSignal): Promise<number>;
  /** Writes files below `directory`, which must exist; parents of the entries are made. */
  putFiles(id: string, directory: string, files: readonly FileEntry[]): Promise<void>;
  /** Extracts a tar stream into `directory`. The stream is used up or destroyed; one that breaks off is an error. */
  putArchive(id: string, directory: string, tar: Readable, signal?: AbortSignal): Promise<void>;
  /** A path of the container as a tar stream. The signal ends that, too. @throws GocliError NOT_FOUND */
  getArchive(id: string, path: string, signal?: AbortSignal): Promise<Readable>;
  /** One file's content. @throws GocliError NOT_FOUND, DOCKER; the signal's reason */
  readFile(id: string, path: string, signal?: AbortSignal): Promise<Buffer>;
  /**
   * When a path was last modified, as {@link FileEntry.modified} with all nine decimals; undefined when it, or the
   * container, is not there. Quicker by far than to read it.
   */
  modified(id: string, path: string): Promise<string | undefined>;
  exec(id: string, argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Starts a program and leaves it to itself: the engine waits for it, whatever runs as the container's first. */
  execDetached(id: string, argv: readonly string[]): Promise<void>;
  /**
   * Runs a program and returns its stdin and stdout as one duplex (stderr is dropped). Ends with the program.
   * @param options.signal ends the requests; what they have given is the caller's to destroy
   */
  connect(
    id: string,
    argv: readonly string[],
    options?: { user?: string; signal?: AbortSignal },
  ): Promise<Duplex>;
}

export interface DockerVolumes {
  create(name: string, labels: Labels): Promise<void>;
  /** A volume that is gone is fine. @throws GocliError CONFLICT when it is in use */
  remove(name: string): Promise<void>;
  list(labels: Labels): Promise<{ name: string; labels: Labels }[]>;
}
