import { Agent, request } from 'node:https';
import { GocliError } from '../errors/error.ts';
import { lastLines } from '../shared/text.ts';
import type { AdminAccess } from './kubeconfig.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: string;
  readonly contentType?: string;
  /** It waits for no other request: it has a connection that those do not use. */
  readonly apart?: boolean;
}

/**
 * Plain requests to the API server with the administrator's certificate. It exists beside kubectl because conditions
 * are looked at many times a second, and a process per look would cost more than the answer.
 */
export class ApiClient implements Disposable {
  readonly #access: AdminAccess;
  readonly #agent: Agent;
  readonly #apart: Agent;

  /** @param sockets connections at most; under emulation each costs the API server a tenth of a second */
  constructor(access: AdminAccess, sockets = 8) {
    this.#access = access;
    const { ca, cert, key } = access;
    this.#agent = new Agent({ ca, cert, key, keepAlive: true, maxSockets: sockets });
    this.#apart = new Agent({ ca, cert, key, keepAlive: true });
  }

  /** One request. Resolves for every status; rejects when there is no answer. */
  async send(
    path: string,
    signal: AbortSignal,
    { method = 'GET', body, contentType, apart = false }: ApiRequest = {},
  ): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, this.#access.server),
        {
          agent: apart ? this.#apart : this.#agent,
          method,
          signal,
          headers: {
            Accept: 'application/json',
            'Content-Type': contentType ?? 'application/json',
            // Node leaves it out for DELETE; the body would be taken for the next request on the connection.
            ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** The JSON of a successful answer. @throws GocliError KUBERNETES for a status of 300 or more */
  async json(path: string, signal: AbortSignal, options?: ApiRequest): Promise<unknown> {
    const answer = await this.send(path, signal, options);
    if (answer.status >= 300) {
      throw new GocliError('KUBERNETES', `${options?.method ?? 'GET'} ${path}: status ${answer.status}`, {
        observed: lastLines(answer.body, 3),
      });
    }
    return JSON.parse(answer.body) as unknown;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
    this.#apart.destroy();
  }
}
