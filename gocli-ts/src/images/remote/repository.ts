import { z } from 'zod';
import { GocliError } from '../../errors/error.ts';
import { shown } from '../bad-archive.ts';
import { digestOf, MEDIA, type Blob, type Manifest } from '../loadable-image.ts';
import type { Answer } from '../http.ts';
import { MOST_LAYERS } from '../reader.ts';
import { parseJson } from '../../shared/json.ts';
import { REDIRECTS, type RemoteClient } from './client.ts';
import { uploadBlob, type Upload } from './upload.ts';

const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

const blobSchema = z.object({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
});
const layerSchema = blobSchema.extend({ mediaType: z.string() });
export type RemoteLayer = z.infer<typeof layerSchema>;
const manifestSchema = z.object({ config: blobSchema, layers: z.array(layerSchema).max(MOST_LAYERS) });
const configSchema = z.object({
  rootfs: z.object({ diff_ids: z.array(z.string()).max(MOST_LAYERS) }),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** An image of a registry. */
export interface RemoteImage {
  readonly repository: string;
  readonly manifest: Manifest;
  /** Digest of its configuration. */
  readonly config: string;
  readonly labels: Readonly<Partial<Record<string, string>>>;
  /** Its layers by the digests of their content, uncompressed. */
  readonly layers: ReadonlyMap<string, RemoteLayer>;
}

/** One repository of a registry (distribution-spec v1.1). */
export class Repository {
  readonly name: string;
  readonly #client: RemoteClient;

  /** @param name `team/k8s-1.36` */
  constructor(client: RemoteClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  /**
   * An image ("Pulling manifests", "Pulling blobs"); undefined when it is not there, or nothing that is known here.
   * @param reference tag or digest
   * @param toWrite whether this user is to write there: some registries show a repository that is not made yet to no other
   * @throws GocliError CHECKSUM for content that has not its digest, REGISTRY; the signal's reason
   */
  async image(reference: string, toWrite = false): Promise<RemoteImage | undefined> {
    const what = toWrite ? 'push' : 'pull';
    const manifest = await this.#manifest(reference, what);
    const about =
      manifest === undefined ? undefined : manifestSchema.safeParse(parseJson(manifest.content)).data;
    if (manifest === undefined || about === undefined) return undefined;
    const config = await this.#blob(about.config.digest, what);
    const parsed = config === undefined ? undefined : configSchema.safeParse(parseJson(config)).data;
    const diffIds = parsed?.rootfs.diff_ids;
    if (parsed === undefined || diffIds?.length !== about.layers.length) return undefined;
    const layers = new Map(
      about.layers.flatMap((layer, at) => {
        const diffId = diffIds[at];
        return diffId === undefined ? [] : [[diffId, layer] as const];
      }),
    );
    const { Labels: labels } = parsed.config ?? {};
    return { repository: this.name, manifest, config: about.config.digest, labels: labels ?? {}, layers };
  }

  /** Whether a blob is there. @throws GocliError REGISTRY; the signal's reason */
  async has(digest: string): Promise<boolean> {
    const answer = await this.#ask('HEAD', `blobs/${digest}`, 'push');
    // Registries that keep blobs elsewhere answer with where, once they have it; there HEAD may not be allowed.
    if (answer.status === 200 || REDIRECTS.includes(answer.status)) return true;
    if (answer.status === 404) return false;
    throw this.#client.refused(`to say whether it has ${digest}`, answer);
  }

  /** Takes a blob over from another repository, where the registry can ("Mounting a blob"). @returns whether it is there */
  async mount({ digest }: Blob, from: string): Promise<boolean> {
    const url = this.#url('blobs/uploads/');
    url.searchParams.set('mount', digest);
    url.searchParams.set('from', from);
    const scopes = [...this.#scopes('push'), `repository:${from}:pull`];
    const answer = await this.#client.ask({ method: 'POST', url, scopes, headers: { 'Content-Length': 0 } });
    if (answer.status === 201) return true;
    // It has begun an upload instead, which nobody will go on with; it may forget that by itself.
    if (answer.status === 202 && answer.headers.location !== undefined)
      await this.#client.once({ method: 'DELETE', url: this.#client.placeOf(answer), scopes });
    return false;
  }

  /** Sends a blob. @param tell bytes so far @throws GocliError CHECKSUM, REGISTRY; the signal's reason */
  upload(blob: Upload, tell: (bytes: number) => void): Promise<void> {
    const place = { begin: this.#url('blobs/uploads/'), scopes: this.#scopes('push') };
    return uploadBlob(this.#client, place, blob, tell);
  }

  /**
   * Gives an image of blobs that are there a tag ("Pushing manifests"), and looks that it has it.
   * @throws GocliError CHECKSUM when the registry has something else under that tag then, REGISTRY; the signal's reason
   */
  async tag({ content, mediaType, digest, size }: Manifest, tag: string): Promise<void> {
    const url = this.#url(`manifests/${tag}`);
    const headers = { 'Content-Type': mediaType, 'Content-Length': size };
    const scopes = this.#scopes('push');
    const answer = await this.#client.ask({ method: 'PUT', url, scopes, headers, body: content });
    if (answer.status !== 201) throw this.#client.refused(`to take the image ${this.name}:${tag}`, answer);
    const there = await this.#manifest(tag, 'push');
    if (there?.digest === digest) return;
    throw new GocliError(
      'CHECKSUM',
      `${this.#client.host} has another image as ${this.name}:${tag} than was sent`,
      {
        observed: `sent: ${digest}\nthere: ${there?.digest ?? 'nothing'}`,
        hint: 'Another publisher may have been at work at the same time, or the registry is broken; publish again.',
      },
    );
  }

  async #manifest(reference: string, what: 'pull' | 'push'): Promise<Manifest | undefined> {
    const accept = [MEDIA.manifest, DOCKER_MANIFEST].join(', ');
    const answer = await this.#ask('GET', `manifests/${reference}`, what, { Accept: accept });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#client.refused(`to give ${this.name}:${reference}`, answer);
    const content = answer.body;
    const digest = digestOf(content);
    const said = reference.includes(':') ? reference : headerOf(answer, 'docker-content-digest');
    if (said !== undefined && said !== digest) throw this.#lie(said, digest);
    const mediaType = headerOf(answer, 'content-type') ?? MEDIA.manifest;
    return { mediaType, content, digest, size: content.length };
  }

  async #blob(digest: string, what: 'pull' | 'push'): Promise<Buffer | undefined> {
    const answer = await this.#ask('GET', `blobs/${digest}`, what);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#client.refused(`to give ${digest}`, answer);
    if (digestOf(answer.body) !== digest) throw this.#lie(digest, digestOf(answer.body));
    return answer.body;
  }

  #ask(
    method: 'GET' | 'HEAD',
    path: string,
    what: 'pull' | 'push',
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.#client.ask({ method, url: this.#url(path), scopes: this.#scopes(what), headers });
  }

  #url(path: string): URL {
    return new URL(`/v2/${this.name}/${path}`, this.#client.origin);
  }

  /** One token that allows both is asked for where something is to be written, as docker does. */
  #scopes(what: 'pull' | 'push'): string[] {
    return [`repository:${this.name}:${what === 'push' ? 'pull,push' : 'pull'}`];
  }

  #lie(said: string, has: string): GocliError {
    return new GocliError('CHECKSUM', `${this.#client.host} gives something else than it says`, {
      observed: `it says: ${shown(said)}\nwhat it gives has: ${has}`,
      hint: 'The registry, or something between here and there, is broken; nothing of it was used.',
    });
  }
}

function headerOf({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
