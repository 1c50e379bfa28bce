import { Agent as PlainAgent, request as requestPlain, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as requestTls } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GocliError, messageOf } from '../errors/error.ts';
import { formatBytes, MIB } from '../shared/size.ts';

export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Buffer | Readable;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** No answer that is kept in memory is longer: a registry takes no larger manifest, either. */
const LONGEST_ANSWER = 4 * MIB;

/** Requests whose answers are small, over connections that are kept. */
export class Http implements Disposable {
  readonly #who: string;
  readonly #plain = new PlainAgent({ keepAlive: true, maxSockets: 8 });
  readonly #tls: TlsAgent;

  /**
   * @param who whom is asked, for messages: `the registry of the cluster`
   * @param ca certificates that are trusted instead of the usual ones, PEM
   */
  constructor(who: string, ca?: readonly string[]) {
    this.#who = who;
    this.#tls = new TlsAgent({
      keepAlive: true,
      maxSockets: 8,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    });
  }

  /** @throws GocliError REGISTRY (the connection broke off); the body's error; the signal's reason */
  async send({ method, url, headers, body }: Asked, signal: AbortSignal): Promise<Answer> {
    const options = { method, signal, headers: { ...headers } };
    const outgoing =
      url.protocol === 'https:'
        ? requestTls(url, { ...options, agent: this.#tls })
        : requestPlain(url, { ...options, agent: this.#plain });
    const answered = new Promise<Answer>((resolve, reject) => {
      outgoing.on('error', reject).on('response', (incoming) => {
        this.#read(incoming).then((content) => {
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: content });
        }, reject);
      });
    });
    answered.catch(() => undefined);
    try {
      // It may be refused before all of it is sent.
      await Promise.race([
        answered,
        body instanceof Readable ? pipeline(body, outgoing) : ended(outgoing, body),
      ]);
      return await answered;
    } catch (error) {
      signal.throwIfAborted();
      outgoing.destroy();
      if (error instanceof GocliError || (body instanceof Readable && body.errored === error)) throw error;
      throw new GocliError('REGISTRY', `${this.#who} broke the connection off`, {
        observed: messageOf(error),
        cause: error,
      });
    }
  }

  async #read(incoming: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > LONGEST_ANSWER)
        throw new GocliError(
          'REGISTRY',
          `${this.#who} answers with more than ${formatBytes(LONGEST_ANSWER)}`,
        );
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  [Symbol.dispose](): void {
    this.#plain.destroy();
    this.#tls.destroy();
  }
}

function ended(outgoing: ReturnType<typeof requestPlain>, body: Buffer | undefined): Promise<void> {
  outgoing.end(body);
  return Promise.resolve();
}
