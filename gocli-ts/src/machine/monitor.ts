import type { Docker } from '../docker/port.ts';
import { JsonChannel, type JsonObject } from './json-channel.ts';
import { MACHINE_PATH } from './spec.ts';

/** qemu's machine protocol (QMP). The socket serves one client at a time, so a monitor is opened, used and closed. */
export class Monitor implements AsyncDisposable {
  readonly #channel: JsonChannel;
  readonly #node: string;

  constructor(channel: JsonChannel, node: string) {
    this.#channel = channel;
    this.#node = node;
  }

  /** Connects to the machine in a container and leaves capability negotiation, as the protocol asks. */
  static async open(
    docker: Docker,
    containerId: string,
    node: string,
    signal: AbortSignal,
  ): Promise<Monitor> {
    const stream = await docker.containers.connect(containerId, [
      'socat',
      '-',
      `UNIX-CONNECT:${MACHINE_PATH.qmp}`,
    ]);
    const monitor = new Monitor(new JsonChannel(stream, `the monitor of ${node}`), node);
    await monitor.#channel.receive((message) => 'QMP' in message, signal);
    await monitor.execute('qmp_capabilities', {}, signal);
    return monitor;
  }

  /** @throws GocliError GUEST_DIED (socket closed), REMOTE_COMMAND (qemu refused) */
  async execute(command: string, argument: JsonObject, signal: AbortSignal): Promise<unknown> {
    return this.#channel.request(`qemu of ${this.#node}`, command, argument, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#channel[Symbol.asyncDispose]();
  }
}
