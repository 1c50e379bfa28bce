import type { Readable } from 'node:stream';
import { GocliError } from '../errors/error.ts';
import { lastLines } from '../shared/text.ts';
import { attempt } from '../waiting/attempt.ts';
import { inTime } from '../waiting/in-time.ts';
import { Http, type Answer, type Asked } from './http.ts';
import type { Blob, Manifest } from './loadable-image.ts';

/**
 * Where the registry keeps what is loaded. It is one repository for all images, since a registry looks for the blobs of
 * each by itself: a layer that two images share travels once.
 */
export const LOAD_REPOSITORY = 'gocli/load';

/** Milliseconds for an answer about things that the registry has at hand. */
const ANSWER_MS = 30_000;
/** Milliseconds to withdraw an upload that failed. */
const WITHDRAW_MS = 2000;

/** A path below the registry's address, or whole as the registry says it. */
type AskedHere = Omit<Asked, 'url'> & { readonly path: string };

/** The registry of a rig on its host port, as far as a push needs it (distribution-spec v1.1, "Pushing"). */
export class Registry implements Disposable {
  readonly #address: string;
  readonly #http = new Http('the registry of the cluster');

  constructor(port: number) {
    this.#address = `http://127.0.0.1:${port.toFixed(0)}`;
  }

  /** Bytes of a blob; undefined when it is not there. @throws GocliError REGISTRY; the signal's reason */
  async sizeOf(digest: string, signal: AbortSignal): Promise<number | undefined> {
    const path = `/v2/${LOAD_REPOSITORY}/blobs/${digest}`;
    const { status, headers, body } = await this.#ask({ method: 'HEAD', path }, signal);
    if (status === 404) return undefined;
    if (status === 200) return Number(headers['content-length']);
    throw refused(`HEAD ${path}`, status, body);
  }

  /**
   * Stores a blob. Nothing of it stays when it does not have its digest, or breaks off.
   * @throws GocliError CHECKSUM (it has another digest), REGISTRY; the content's error; the signal's reason
   */
  async putBlob({ digest, size }: Blob, content: Readable, signal: AbortSignal): Promise<void> {
    const begun = await this.#ask(
      { method: 'POST', path: `/v2/${LOAD_REPOSITORY}/blobs/uploads/`, headers: { 'Content-Length': 0 } },
      signal,
    );
    const { location } = begun.headers;
    if (begun.status !== 202 || location === undefined)
      throw refused('POST uploads', begun.status, begun.body);
    const target = new URL(location, this.#address);
    try {
      await this.#finish(target, { digest, size }, content, signal);
    } catch (error) {
      const { pathname, search } = target;
      // It forgets what was begun after a week by itself.
      await attempt(new AbortController().signal, WITHDRAW_MS, (bounded) =>
        this.#send({ method: 'DELETE', path: `${pathname}${search}` }, bounded),
      ).catch(() => undefined);
      throw error;
    }
  }

  async #finish(target: URL, { digest, size }: Blob, content: Readable, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams(target.search);
    query.set('digest', digest);
    const { status, body } = await this.#send(
      {
        method: 'PUT',
        path: `${target.pathname}?${query.toString()}`,
        headers: { 'Content-Length': size, 'Content-Type': 'application/octet-stream' },
        body: content,
      },
      signal,
    );
    if (status === 201) return;
    if (status === 400 && body.includes('DIGEST_INVALID'))
      throw new GocliError('CHECKSUM', `what is there for ${digest} has another digest`);
    throw refused(`PUT ${digest}`, status, body);
  }

  /** Makes an image of blobs that are there. @throws GocliError REGISTRY; the signal's reason */
  async putManifest({ digest, mediaType, content, size }: Manifest, signal: AbortSignal): Promise<void> {
    const path = `/v2/${LOAD_REPOSITORY}/manifests/${digest}`;
    const headers = { 'Content-Type': mediaType, 'Content-Length': size };
    const { status, body } = await this.#ask({ method: 'PUT', path, headers, body: content }, signal);
    if (status !== 201) throw refused(`PUT ${path}`, status, body);
  }

  #ask(asked: AskedHere, signal: AbortSignal): Promise<Answer> {
    return inTime('the registry answers', { signal, timeoutMs: ANSWER_MS }, (bounded) =>
      this.#send(asked, bounded),
    );
  }

  #send({ path, ...asked }: AskedHere, signal: AbortSignal): Promise<Answer> {
    return this.#http.send({ ...asked, url: new URL(path, this.#address) }, signal);
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }
}

function refused(what: string, status: number, answer: Buffer): GocliError {
  const body = answer.toString('utf8');
  const full = /no space left/i.test(body);
  return new GocliError(
    full ? 'DISK_FULL' : 'REGISTRY',
    full ? 'the registry has no space left for its data' : `the registry refused ${what}: status ${status}`,
    {
      observed: lastLines(body, 3).slice(0, 500),
      hint: full ? 'It is a volume of Docker; free space there: docker system df' : undefined,
    },
  );
}
