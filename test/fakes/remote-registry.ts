import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { close } from './close.ts';

type Headers = Record<string, string | number>;
type End = (status: number, headers?: Headers, body?: string | Buffer) => void;

interface Put {
  readonly request: IncomingMessage;
  readonly repository: string;
  readonly last: string;
  readonly url: URL;
  readonly end: End;
}

/** A registry in memory, as far as a publication needs one: repositories of their own, uploads in pieces, logins. */
export class FakeRemote implements AsyncDisposable {
  /** By `repository@digest`. */
  readonly blobs = new Map<string, Buffer>();
  /** By `repository:tag` and by `repository@digest`, with the type first. */
  readonly manifests = new Map<string, { type: string; content: Buffer }>();
  /** Pieces of uploads that were begun and neither finished nor withdrawn. */
  readonly uploads = new Map<string, Buffer>();
  /** Method and path of every request. */
  readonly requests: string[] = [];
  /** May answer a request instead; true when it did. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  mounts = true;
  /** What requests have to carry, and what they are told else. */
  wants: { readonly authorization: string; readonly challenge: string } | undefined;
  /** What a token server answers: the same server at `/token`. */
  token: (request: IncomingMessage, body: Buffer) => { status: number; body: string } = () => ({
    status: 404,
    body: '',
  });
  readonly #server: Server;

  private constructor(tls?: { key: string; cert: string }) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      if (this.instead(request, response)) return;
      this.#answer(request, response).catch(() => {
        response.destroy();
      });
    };
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  static async start(tls?: { key: string; cert: string }): Promise<FakeRemote> {
    const registry = new FakeRemote(tls);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `127.0.0.1:40000` */
  get host(): string {
    return `127.0.0.1:${this.port.toFixed(0)}`;
  }

  /** Requests of a method, without what is random in them. */
  asked(method: string): string[] {
    return this.requests.filter((one) => one.startsWith(`${method} `));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://registry');
    const end: End = (status, headers = {}, body = '') => {
      response.writeHead(status, headers).end(body);
    };
    if (url.pathname === '/token') {
      const { status, body } = this.token(request, await buffer(request));
      end(status, {}, body);
      return;
    }
    if (this.wants !== undefined && request.headers.authorization !== this.wants.authorization) {
      request.resume();
      end(401, { 'www-authenticate': this.wants.challenge }, '{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    const [, repository = '', kind = '', last = ''] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs)\/([^/]*)$/.exec(url.pathname) ?? [];
    const put = { request, repository, last, url, end };
    if (kind === 'manifests') await this.#manifest(put);
    else if (kind === 'blobs') this.#blob(put);
    else if (kind === 'blobs/uploads') await this.#upload(put);
    else end(404);
  }

  async #manifest({ request, repository, last, end }: Put): Promise<void> {
    const key = `${repository}${last.includes(':') ? '@' : ':'}${last}`;
    if (request.method !== 'PUT') {
      const found = this.manifests.get(key);
      if (found === undefined) end(404);
      else end(200, { 'content-type': found.type }, found.content);
      return;
    }
    const content = await buffer(request);
    const one = { type: request.headers['content-type'] ?? '', content };
    this.manifests.set(key, one).set(`${repository}@${digestOf(content)}`, one);
    end(201);
  }

  #blob({ request, repository, last, end }: Put): void {
    const found = this.blobs.get(`${repository}@${last}`);
    if (found === undefined) end(404);
    else if (request.method === 'HEAD') end(200, { 'content-length': found.length });
    else end(200, {}, found);
  }

  async #upload({ request, repository, last, url, end }: Put): Promise<void> {
    const place = `/v2/${repository}/blobs/uploads/`;
    if (request.method === 'POST') {
      const [mount, from] = [url.searchParams.get('mount'), url.searchParams.get('from')];
      const found = mount === null ? undefined : this.blobs.get(`${from ?? ''}@${mount}`);
      if (this.mounts && found !== undefined && mount !== null) {
        this.blobs.set(`${repository}@${mount}`, found);
        end(201);
        return;
      }
      const id = randomUUID();
      this.uploads.set(id, Buffer.alloc(0));
      end(202, { location: `${place}${id}?_state=x` });
      return;
    }
    const have = this.uploads.get(last);
    if (have === undefined) end(404);
    else if (request.method === 'GET') end(204, this.#progress(place, last, have));
    else if (request.method === 'PATCH') await this.#piece(request, place, last, end);
    else if (request.method === 'DELETE') end(this.uploads.delete(last) ? 204 : 404);
    else if (digestOf(have) !== url.searchParams.get('digest'))
      end(400, {}, '{"errors":[{"code":"DIGEST_INVALID"}]}');
    else {
      this.blobs.set(`${repository}@${digestOf(have)}`, have);
      this.uploads.delete(last);
      end(201);
    }
  }

  /** Keeps what has come of a piece, also when the rest does not. */
  async #piece(request: IncomingMessage, place: string, id: string, end: End): Promise<void> {
    const begin = Number(/^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1]);
    if (begin !== this.uploads.get(id)?.length) {
      request.resume();
      end(416, this.#progress(place, id, this.uploads.get(id) ?? Buffer.alloc(0)));
      return;
    }
    for await (const chunk of request as AsyncIterable<Buffer>)
      this.uploads.set(id, Buffer.concat([this.uploads.get(id) ?? Buffer.alloc(0), chunk]));
    end(202, this.#progress(place, id, this.uploads.get(id) ?? Buffer.alloc(0)));
  }

  #progress(place: string, id: string, have: Buffer): Headers {
    return { location: `${place}${id}?_state=y`, range: `0-${Math.max(0, have.length - 1).toFixed(0)}` };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return close(this.#server);
  }
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
