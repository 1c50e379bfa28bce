import { randomInt } from 'node:crypto';
import { GocliError } from '../errors/error.ts';
import type { Docker } from '../docker/port.ts';
import { JsonChannel, type JsonObject } from './json-channel.ts';
import { MACHINE_PATH } from './spec.ts';

/** Milliseconds between two tries to synchronise with an agent that has not started yet. */
const RESYNC_MS = 300;

/** The qemu guest agent of a machine. */
export class Agent implements AsyncDisposable {
  readonly #channel: JsonChannel;
  readonly #node: string;

  constructor(channel: JsonChannel, node: string) {
    this.#channel = channel;
    this.#node = node;
  }

  /** Connects and waits until the agent answers, however long the guest takes to start it; bound it by the signal. */
  static async open(docker: Docker, containerId: string, node: string, signal: AbortSignal): Promise<Agent> {
    const stream = await docker.containers.connect(containerId, [
      'socat',
      '-',
      `UNIX-CONNECT:${MACHINE_PATH.agent}`,
    ]);
    const agent = new Agent(new JsonChannel(stream, `the guest agent of ${node}`), node);
    try {
      await agent.#synchronise(signal);
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
    return agent;
  }

  /** guest-sync-delimited: whatever an earlier client left half-sent is dropped by the 0xFF byte (QGA protocol). */
  async #synchronise(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const id = randomInt(1, 2 ** 31);
      this.#channel.send({ execute: 'guest-sync-delimited', arguments: { id } }, '\u00ff');
      const attempt = AbortSignal.any([signal, AbortSignal.timeout(RESYNC_MS)]);
      try {
        await this.#channel.receive((message) => message['return'] === id, attempt);
        return;
      } catch (error) {
        if (error instanceof GocliError) throw error;
        signal.throwIfAborted();
      }
    }
  }

  /** @throws GocliError REMOTE_COMMAND (the agent refused), GUEST_DIED (socket closed) */
  async execute(command: string, argument: JsonObject, signal: AbortSignal): Promise<unknown> {
    return this.#channel.request(`the guest agent of ${this.#node}`, command, argument, signal);
  }

  /** Asks the guest to power off. There is no answer: the guest goes away. */
  shutdown(): void {
    this.#channel.send({ execute: 'guest-shutdown', arguments: { mode: 'powerdown' } });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#channel[Symbol.asyncDispose]();
  }
}
