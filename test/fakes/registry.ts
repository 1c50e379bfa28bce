import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { close } from './close.ts';

/** A registry in memory, as far as a push needs one (distribution-spec v1.1). */
export class FakeRegistry implements AsyncDisposable {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Buffer>();
  /** Uploads that were begun and neither finished nor withdrawn. */
  readonly uploads = new Set<string>();
  /** Method and path of every request. */
  readonly requests: string[] = [];
  /** May answer a request instead; true when it did. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly #server = createServer((request, response) => {
    this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (!this.instead(request, response))
      this.#answer(request, response).catch(() => {
        response.destroy();
      });
  });

  static async start(): Promise<FakeRegistry> {
    const registry = new FakeRegistry();
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  add(content: Buffer | string): void {
    this.blobs.set(digestOf(Buffer.from(content)), Buffer.from(content));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://registry');
    const last = url.pathname.split('/').at(-1) ?? '';
    const end = (status: number, headers: Record<string, string | number> = {}, body = ''): void => {
      response.writeHead(status, headers).end(body);
    };
    if (url.pathname.includes('/manifests/')) {
      this.manifests.set(last, await buffer(request));
      end(201);
    } else if (request.method === 'HEAD') {
      const size = this.blobs.get(last)?.length;
      if (size === undefined) end(404);
      else end(200, { 'content-length': size });
    } else if (request.method === 'POST') {
      const id = randomUUID();
      this.uploads.add(id);
      end(202, { location: `${url.pathname}${id}?_state=x` });
    } else if (request.method === 'DELETE') {
      end(this.uploads.delete(last) ? 204 : 404);
    } else {
      const content = await buffer(request);
      if (digestOf(content) !== url.searchParams.get('digest')) {
        end(400, {}, '{"errors":[{"code":"DIGEST_INVALID"}]}');
        return;
      }
      this.blobs.set(digestOf(content), content);
      this.uploads.delete(last);
      end(201);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return close(this.#server);
  }
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
