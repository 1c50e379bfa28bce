import type { Readable } from 'node:stream';
import { GocliError } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import type { MachineHandle } from '../frozen/migration.ts';
import { archivedFiles } from '../images/archive.ts';
import { badArchive } from '../images/bad-archive.ts';
import type { LoadableImage } from '../images/loadable-image.ts';
import { imagesIn } from '../images/in-archive.ts';
import { localImages } from '../images/local.ts';
import { push, type Pushed } from '../images/push.ts';
import { Registry } from '../images/registry.ts';
import { fileSource, streamSource, type ArchiveSource } from '../images/source.ts';
import type { RigDeps } from '../rig/deps.ts';
import { hostPort, requireState } from '../rig/find.ts';
import type { FoundRig } from '../rig/life.ts';
import { machinesIn } from '../rig/parts.ts';
import type { RigState } from '../rig/state.ts';
import { formatBytes } from '../shared/size.ts';
import { attempt } from '../waiting/attempt.ts';
import { readAccess } from './access.ts';
import { ApiClient } from './api.ts';
import { loadScript } from './load-images.ts';
import { onNodes } from './on-nodes.ts';
import { tellRegistry } from './registry-hosting.ts';

/** What is to be loaded. */
export interface Wanted {
  /** Images of the local Docker, as Docker names them. */
  readonly images: readonly string[];
  /** Absolute paths, or streams. */
  readonly archives: readonly (string | Readable)[];
  /** Full name for the one image that there is, instead of its own. */
  readonly tag: string | undefined;
}

/** An image that all nodes hold. */
export interface LoadedImage {
  /** `docker.io/library/foo:1`, which pods may call `foo:1`. */
  readonly name: string;
  /** Of its manifest. */
  readonly digest: string;
  /** The nodes that did not hold it before. */
  readonly nodes: readonly string[];
}

/** Images with where their blobs are. */
interface Batch {
  readonly images: readonly LoadableImage[];
  readonly source: ArchiveSource | undefined;
}

/** Milliseconds for telling where the registry is, beside what takes longer. */
const TELL_MS = 5000;

/**
 * Brings images to all nodes of a cluster by way of its registry, so that only layers travel that are not there. All
 * that is wrong with an image or archive is said before anything is sent.
 * @throws GocliError BAD_ARCHIVE, BAD_VALUE, IMAGE_MISSING, FILE, DISK_FULL, REGISTRY, REMOTE_COMMAND, TIMEOUT, DOCKER
 */
export async function loadImages(
  wanted: Wanted,
  found: FoundRig,
  steps: Steps,
  deps: RigDeps,
): Promise<Loaded> {
  return loadOnto(wanted, { state: requireState(found), nodes: machinesIn(found) }, steps, deps);
}

interface Loaded {
  readonly images: readonly LoadedImage[];
  readonly pushed: Pushed;
}

/** The same for a cluster that is just being started. */
export async function loadOnto(
  wanted: Wanted,
  { state, nodes }: { readonly state: RigState; readonly nodes: readonly MachineHandle[] },
  steps: Steps,
  deps: RigDeps,
): Promise<Loaded> {
  using registry = new Registry(hostPort(state, '5000/tcp'));
  await using batches = new Batches(wanted, registry, deps);
  const pushed = await steps.run('push', 'Sending the layers that the registry lacks', async (step) => {
    await batches.read();
    const sent: Pushed[] = [];
    for (const { images, source } of batches.all)
      sent.push(await push(images, source, registry, step, deps.signal));
    const all = sent.reduce(plus, { blobs: 0, sent: 0, bytes: 0 });
    step.note(`${all.sent} of ${all.blobs}, ${formatBytes(all.bytes)}`);
    return all;
  });
  const images = batches.all.flatMap((batch) => batch.images);
  const title = nodes.length === 1 ? 'Pulling on node01' : `Pulling on ${nodes.length} nodes`;
  const [printed] = await steps.run('pull', title, () =>
    Promise.all([onNodes(state.name, nodes, loadScript(images, state), deps), tell(state, deps)]),
  );
  const news = printed.map((text) => new Set(text.split('\n')));
  const loaded = images.flatMap(({ names, manifest: { digest } }) =>
    names.map((name) => ({
      name,
      digest,
      nodes: nodes.flatMap(({ node }, at) => (news[at]?.has(name) === true ? [node] : [])),
    })),
  );
  return { images: loaded, pushed };
}

/** For clusters of an earlier gocli. Whatever refuses it, such as a webhook whose server is gone, keeps no image out. */
async function tell(state: RigState, { paths, signal }: Pick<RigDeps, 'paths' | 'signal'>): Promise<void> {
  try {
    using api = new ApiClient(await readAccess(state, paths));
    await attempt(signal, TELL_MS, (bounded) => tellRegistry(api, state, bounded));
  } catch {
    signal.throwIfAborted();
  }
}

function plus(one: Pushed, other: Pushed): Pushed {
  return { blobs: one.blobs + other.blobs, sent: one.sent + other.sent, bytes: one.bytes + other.bytes };
}

/** All that is to be loaded; what it keeps of archives goes with it. */
class Batches implements AsyncDisposable {
  readonly all: Batch[] = [];
  readonly #wanted: Wanted;
  readonly #registry: Registry;
  readonly #deps: Pick<RigDeps, 'docker' | 'paths' | 'signal'>;
  readonly #open: ArchiveSource[] = [];

  constructor(wanted: Wanted, registry: Registry, deps: Pick<RigDeps, 'docker' | 'paths' | 'signal'>) {
    this.#wanted = wanted;
    this.#registry = registry;
    this.#deps = deps;
  }

  async read(): Promise<void> {
    const { images, archives } = this.#wanted;
    const { docker, paths, signal } = this.#deps;
    if (images.length > 0) {
      const local = await localImages(images, docker.images, this.#registry, paths.cache, signal);
      if (local.source !== undefined) this.#open.push(local.source);
      this.#take(local, images.join(', '));
    }
    for (const archive of archives) {
      const source = await this.#sourceOf(archive);
      this.#open.push(source);
      this.#take({ images: imagesIn(await archivedFiles(source, signal), source.name), source }, source.name);
    }
    const count = this.all.flatMap((batch) => batch.images).length;
    if (this.#wanted.tag !== undefined && count !== 1)
      throw new GocliError('BAD_VALUE', `one name for ${count} images`, {
        hint: 'Name one image, or an archive of one, with --tag.',
      });
  }

  #sourceOf(archive: string | Readable): Promise<ArchiveSource> {
    const { paths, signal } = this.#deps;
    return typeof archive === 'string'
      ? fileSource(archive, paths.cache, signal)
      : streamSource(archive, 'the piped archive', paths.cache, signal);
  }

  #take({ images, source }: Batch, what: string): void {
    const { tag } = this.#wanted;
    const named = tag === undefined ? images : images.map((image) => ({ ...image, names: [tag] }));
    if (named.some(({ names }) => names.length === 0))
      throw badArchive(what, 'has an image without a name', {
        hint: 'Say what pods are to call it: gocli load --tag NAME:TAG',
      });
    this.all.push({ images: named, source });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map((source) => source[Symbol.asyncDispose]()));
  }
}
