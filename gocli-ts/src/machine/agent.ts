import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { GocliError, isCode, messageOf } from '../errors/error.ts';
import type { Clock } from '../shared/clock.ts';
import { lastLines } from '../shared/text.ts';
import type { Docker } from '../place/interface.ts';
import { attempt } from '../waiting/attempt.ts';
import { JsonChannel, type JsonObject } from './json-channel.ts';
import { connectSocket } from './socket.ts';
import { MACHINE_PATH } from './spec.ts';

/** Nanoseconds of a millisecond. */
const NANOSECONDS = 1_000_000;
/** As far as a clock that was set a moment ago may be off; an answer under emulation takes tenths of a second. */
const CLOCK_TOLERANCE_MS = 5000;
/** How often a clock is set that is not right afterwards. */
const CLOCK_TRIES = 3;
/** Bytes that a file may have that is read through the agent; each is kept in memory at once. */
const MOST_BYTES = 64 * 1024;
const contentSchema = z.object({ 'buf-b64': z.string() });
const timeSchema = z.number();
const startedSchema = z.object({ pid: z.int() });
const outputSchema = z.base64().optional();
/** Of a program that a signal ended there is no exit code. */
const statusSchema = z.object({
  exited: z.boolean(),
  exitcode: z.int().optional(),
  signal: z.int().optional(),
  'out-data': outputSchema,
  'err-data': outputSchema,
});

/** Milliseconds between two tries to synchronise with an agent that has not started yet. */
const RESYNC_MS = 300;
/** Milliseconds between two looks at a program; each costs the guest about one. */
const POLL_MS = 25;

/** How a program in a guest ended. */
interface GuestResult {
  /** 128 + n for a signal. */
  readonly exitCode: number;
  /** Of both the first 16 MiB (qemu, qga/commands-common.h, GUEST_EXEC_MAX_OUTPUT). */
  readonly stdout: string;
  readonly stderr: string;
}

/** The qemu guest agent of a machine. */
export class Agent implements AsyncDisposable {
  readonly #channel: JsonChannel;
  readonly #node: string;

  constructor(channel: JsonChannel, node: string) {
    this.#channel = channel;
    this.#node = node;
  }

  /** Connects to the agent's socket. Nothing can be asked before {@link synchronise}. */
  static async connect(
    docker: Docker,
    containerId: string,
    node: string,
    signal: AbortSignal,
  ): Promise<Agent> {
    const stream = await connectSocket(docker, containerId, MACHINE_PATH.agent, signal);
    return new Agent(new JsonChannel(stream, `the guest agent of ${node}`), node);
  }

  /** Connects and waits until the agent answers, however long the guest takes to start it; bound it by the signal. */
  static async open(docker: Docker, containerId: string, node: string, signal: AbortSignal): Promise<Agent> {
    const agent = await Agent.connect(docker, containerId, node, signal);
    try {
      await agent.synchronise(signal);
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
    return agent;
  }

  /**
   * Waits until the agent answers. guest-sync-delimited: whatever an earlier client left half-sent is dropped by the
   * 0xFF byte (QGA protocol).
   */
  async synchronise(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const id = randomInt(1, 2 ** 31);
      this.#channel.send({ execute: 'guest-sync-delimited', arguments: { id } }, '\u00ff');
      const answer = await attempt(signal, RESYNC_MS, (bounded) =>
        this.#channel.receive((message) => message['return'] === id, bounded),
      );
      if (answer.done) return;
    }
  }

  /** @throws GocliError REMOTE_COMMAND (the agent refused), GUEST_DIED (socket closed) */
  async execute(command: string, argument: JsonObject, signal: AbortSignal): Promise<unknown> {
    return this.#channel.request(`the guest agent of ${this.#node}`, command, argument, signal);
  }

  /**
   * Runs a program in the guest to its end. What the signal ends is the wait; the program goes on.
   * @param input its stdin
   * @throws GocliError REMOTE_COMMAND (it cannot be started), GUEST_DIED; the signal's reason
   */
  async run(
    [path = '', ...arg]: readonly string[],
    clock: Pick<Clock, 'sleep'>,
    signal: AbortSignal,
    input = '',
  ): Promise<GuestResult> {
    const program = {
      path,
      arg,
      'capture-output': true,
      ...(input === '' ? {} : { 'input-data': Buffer.from(input).toString('base64') }),
    };
    const { pid } = startedSchema.parse(await this.execute('guest-exec', program, signal));
    for (;;) {
      const status = statusSchema.parse(await this.execute('guest-exec-status', { pid }, signal));
      if (status.exited) {
        const { exitcode, signal: number = 0, 'out-data': out, 'err-data': err } = status;
        return { exitCode: exitcode ?? 128 + number, stdout: textOf(out), stderr: textOf(err) };
      }
      await clock.sleep(POLL_MS, signal);
    }
  }

  /**
   * Runs a shell script, which no list of processes shows, to its end.
   * @returns what it printed
   * @throws GocliError REMOTE_COMMAND with its last lines, GUEST_DIED; the signal's reason
   */
  async script(text: string, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(['/bin/sh'], clock, signal, text);
    if (exitCode === 0) return stdout;
    throw new GocliError('REMOTE_COMMAND', `${this.#node}: a script of gocli ended with code ${exitCode}`, {
      observed: lastLines(stderr, 5),
    });
  }

  /** Content of a small text file of the guest. No process is started in it. */
  async readFile(path: string, signal: AbortSignal): Promise<string> {
    const handle = await this.execute('guest-file-open', { path, mode: 'r' }, signal);
    const answer = await this.execute('guest-file-read', { handle, count: MOST_BYTES }, signal);
    await this.execute('guest-file-close', { handle }, signal);
    return Buffer.from(contentSchema.parse(answer)['buf-b64'], 'base64').toString('utf8');
  }

  /**
   * Sets the guest's wall clock, again where something else sets it, too: the guest's NTP client may have got an answer to
   * what it asked before the machine was saved, and then takes half of the time that passed for its error.
   * @throws GocliError REMOTE_COMMAND when it is not set afterwards
   */
  async setClock(clock: Clock, signal: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.execute('guest-set-time', { time: clock.now() * NANOSECONDS }, signal);
        return;
      } catch (error) {
        if (!isCode(error, 'REMOTE_COMMAND')) throw error;
        // The agent sets the clock, then calls hwclock, which some guests lack; what counts is what the clock says.
        const offset = await this.clockOffset(clock, signal);
        if (Math.abs(offset) <= CLOCK_TOLERANCE_MS) return;
        if (tries < CLOCK_TRIES) continue;
        const observed = `it is ${(offset / 1000).toFixed(1)} s ahead of the host's`;
        throw new GocliError('REMOTE_COMMAND', messageOf(error), { observed, cause: error });
      }
    }
  }

  /**
   * Milliseconds by which the guest's wall clock is ahead of the host's. The guest looks at it at some moment between
   * question and answer; the middle is taken.
   */
  async clockOffset(clock: Clock, signal: AbortSignal): Promise<number> {
    const asked = clock.now();
    const time = timeSchema.parse(await this.execute('guest-get-time', {}, signal)) / NANOSECONDS;
    return time - (asked + clock.now()) / 2;
  }

  /** Asks the guest to power off. There is no answer: the guest goes away. */
  shutdown(): void {
    this.#channel.send({ execute: 'guest-shutdown', arguments: { mode: 'powerdown' } });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#channel[Symbol.asyncDispose]();
  }
}

function textOf(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}
