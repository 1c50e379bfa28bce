import type { Docker } from '../place/interface.ts';
import { z } from 'zod';
import { inTime } from '../waiting/in-time.ts';
import { JsonChannel, type JsonObject } from './json-channel.ts';
import { connectSocket } from './socket.ts';
import { MACHINE_PATH } from './spec.ts';

const number = z.int();
/** The first message of the protocol (QMP specification, Server Greeting). */
const greetingSchema = z.object({
  QMP: z.object({ version: z.object({ qemu: z.object({ major: number, minor: number, micro: number }) }) }),
});

/** Milliseconds until the monitor counts as lost. It serves others meanwhile, who may be saving gigabytes. */
const OPEN_MS = 120_000;

/** qemu's machine protocol (QMP). The socket serves one client at a time, so a monitor is opened, used and closed. */
export class Monitor implements AsyncDisposable {
  /** Version of qemu, `10.0.13`. */
  readonly version: string;
  readonly #channel: JsonChannel;
  readonly #node: string;

  private constructor(channel: JsonChannel, node: string, version: string) {
    this.#channel = channel;
    this.#node = node;
    this.version = version;
  }

  /**
   * Connects to the machine in a container and leaves capability negotiation, as the protocol asks.
   * @param openMs milliseconds until TIMEOUT
   * @throws GocliError TIMEOUT, GUEST_DIED, REMOTE_COMMAND, DOCKER; the signal's reason
   */
  static open(
    docker: Docker,
    containerId: string,
    node: string,
    signal: AbortSignal,
    openMs = OPEN_MS,
  ): Promise<Monitor> {
    const seen = (): string => 'no greeting; another program may be using it';
    return inTime(`the monitor of ${node} answers`, { signal, timeoutMs: openMs, seen }, (bounded) =>
      Monitor.#connect(docker, containerId, node, bounded),
    );
  }

  static async #connect(
    docker: Docker,
    containerId: string,
    node: string,
    signal: AbortSignal,
  ): Promise<Monitor> {
    const stream = await connectSocket(docker, containerId, MACHINE_PATH.qmp, signal);
    const channel = new JsonChannel(stream, `the monitor of ${node}`);
    try {
      const greeting = await channel.receive((message) => 'QMP' in message, signal);
      const { major, minor, micro } = greetingSchema.parse(greeting).QMP.version.qemu;
      const monitor = new Monitor(channel, node, `${major}.${minor}.${micro}`);
      await monitor.execute('qmp_capabilities', {}, signal);
      return monitor;
    } catch (error) {
      await channel[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @throws GocliError GUEST_DIED (socket closed), REMOTE_COMMAND (qemu refused) */
  async execute(command: string, argument: JsonObject, signal: AbortSignal): Promise<unknown> {
    return this.#channel.request(`qemu of ${this.#node}`, command, argument, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#channel[Symbol.asyncDispose]();
  }
}
