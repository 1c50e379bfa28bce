import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { GocliError } from '../errors/error.ts';

export type JsonObject = Record<string, unknown>;

/** Lines of JSON over a stream, as qemu's monitor (QMP) and the guest agent speak them: one answer per request. */
export class JsonChannel implements AsyncDisposable {
  readonly #stream: Duplex;
  readonly #who: string;
  readonly #inbox: JsonObject[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #requests = 0;

  /** @param who whose socket it is, for messages */
  constructor(stream: Duplex, who: string) {
    this.#stream = stream;
    this.#who = who;
    createInterface({ input: stream, crlfDelay: Infinity })
      .on('line', (line) => {
        const message = parseObject(line);
        if (message !== undefined) this.#deliver(message);
      })
      .on('close', () => {
        this.#end();
      })
      // readline hands on the errors of its stream, which are taken care of below.
      .on('error', () => undefined);
    // A stream that is cut off ends with `error` or `close` alone, which does not close readline.
    for (const event of ['error', 'close']) {
      stream.on(event, () => {
        this.#end();
      });
    }
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  #deliver(message: JsonObject): void {
    this.#inbox.push(message);
    this.#wake?.();
  }

  send(message: JsonObject, prefix = ''): void {
    this.#stream.write(
      Buffer.concat([Buffer.from(prefix, 'latin1'), Buffer.from(`${JSON.stringify(message)}\n`)]),
    );
  }

  /**
   * The next message that the predicate takes; others before it (events, answers that came too late) are dropped.
   * @throws GocliError GUEST_DIED when the socket closed; the signal's reason
   */
  async receive(wanted: (message: JsonObject) => boolean, signal: AbortSignal): Promise<JsonObject> {
    for (;;) {
      signal.throwIfAborted();
      const message = this.#inbox.shift();
      if (message !== undefined && wanted(message)) return message;
      if (message !== undefined) continue;
      if (this.#ended) throw new GocliError('GUEST_DIED', `${this.#who} closed its socket`);
      await this.#arrival(signal);
    }
  }

  /**
   * Sends a command in the form that QMP and the guest agent share, and returns the `return` of its answer. The answer
   * carries the `id` of its command (QMP specification, Issuing Commands; the agent runs the same dispatcher), so that
   * one which comes after its command was given up is never taken for the next one's.
   * @param server who answers, for messages
   * @throws GocliError REMOTE_COMMAND (refused), GUEST_DIED (the socket closed); the signal's reason
   */
  async request(
    server: string,
    command: string,
    argument: JsonObject,
    signal: AbortSignal,
  ): Promise<unknown> {
    this.#requests += 1;
    const id = this.#requests;
    this.send({ execute: command, arguments: argument, id });
    const answer = await this.receive((message) => message['id'] === id, signal);
    if ('error' in answer) {
      throw new GocliError('REMOTE_COMMAND', `${server} refused ${command}`, {
        observed: JSON.stringify(answer['error']),
      });
    }
    return answer['return'];
  }

  async #arrival(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
    return Promise.resolve();
  }
}

function parseObject(line: string): JsonObject | undefined {
  try {
    // The agent marks a resynchronisation with a 0xFF byte, which is no part of the JSON.
    const value: unknown = JSON.parse(line.replace(/^[\u00ff\ufffd]+/, ''));
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
