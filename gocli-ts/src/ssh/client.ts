import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { finished, PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Client, ClientChannel, PseudoTtyOptions } from 'ssh2';
import { GocliError, messageOf } from '../errors/error.ts';
import { abortReason } from '../shared/clock.ts';
import { redact } from '../shared/redact.ts';
import { taken } from '../shared/taken.ts';
import { lastLines } from '../shared/text.ts';
import type { Ssh, SshConnection, SshExecOptions, SshResult, SshTarget } from './interface.ts';
import { gocliCommand } from '../shared/command.ts';

const READY_MS = 20_000;
/** A guest under emulation may be silent for long when its host is busy; 12 x 10 s before it counts as lost. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_MISSES = 12;
/** For what was sent last to leave this process; a guest that reads nothing any more may keep it for ever. */
const CLOSE_MS = 500;

/** ssh by the ssh2 library, which is loaded at first use. */
export function ssh2Client(): Ssh {
  return {
    connect: async (target, signal) => {
      const { Client: Ssh2 } = await import('ssh2');
      signal.throwIfAborted();
      // ssh2 leaves a socket alone that it has ended: a peer that stands still would keep it, and this process, alive.
      const socket = connect({ host: target.host, port: target.port });
      return new Connection(await open(new Ssh2(), socket, target, signal), socket, target);
    },
  };
}

function hintOf({ rig }: SshTarget): string {
  return `Type: ${gocliCommand('status', rig)}`;
}

function open(client: Client, socket: Socket, target: SshTarget, signal: AbortSignal): Promise<Client> {
  return new Promise((resolve, reject) => {
    const giveUp = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const fail = (why: string, cause?: unknown): void => {
      giveUp(
        new GocliError('GUEST_UNREACHABLE', `${target.node} cannot be reached by ssh: ${why}`, {
          cause,
          hint: hintOf(target),
        }),
      );
    };
    const onAbort = (): void => {
      giveUp(abortReason(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    client.on('error', (error) => {
      fail(error.message, error);
    });
    client.once('close', () => {
      fail('the connection was closed');
    });
    client.once('ready', () => {
      signal.removeEventListener('abort', onAbort);
      client.setNoDelay(true);
      resolve(client);
    });
    const { user, privateKey, hostKey } = target;
    try {
      client.connect({
        sock: socket,
        username: user,
        privateKey,
        ...(hostKey === undefined ? {} : { hostVerifier: (key: Buffer) => key.equals(blobOf(hostKey)) }),
        readyTimeout: READY_MS,
        keepaliveInterval: KEEPALIVE_MS,
        keepaliveCountMax: KEEPALIVE_MISSES,
      });
    } catch (error) {
      // A key that cannot be read is found before anything is sent.
      fail(messageOf(error), error);
    }
  });
}

/** The key itself of a line `ssh-ed25519 BASE64 COMMENT`. */
function blobOf(line: string): Buffer {
  return Buffer.from(line.split(' ')[1] ?? '', 'base64');
}

/** A command that was accepted, and its exit code to come. */
interface Opened {
  readonly channel: ClientChannel;
  readonly exit: Promise<number>;
}

class Connection implements SshConnection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #target: SshTarget;

  constructor(client: Client, socket: Socket, target: SshTarget) {
    this.#client = client;
    this.#socket = socket;
    this.#target = target;
  }

  async exec(command: string, options: SshExecOptions = {}): Promise<SshResult> {
    options.signal?.throwIfAborted();
    const opening = this.#channel(command, options);
    const close = (): void => {
      opening.then(
        ({ channel }) => {
          channel.close();
        },
        () => undefined,
      );
    };
    return unlessAborted(
      opening.then((opened) => this.#converse(opened, options)),
      options.signal,
      close,
    );
  }

  async #converse({ channel, exit }: Opened, options: SshExecOptions): Promise<SshResult> {
    const { stdin, stdout, stderr, onLine } = options;
    const output = Promise.all([collect(channel, stdout, onLine), collect(channel.stderr, stderr, onLine)]);
    options.onResizer?.((columns, rows) => {
      channel.setWindow(rows, columns, 0, 0);
    });
    const exitCode = await Promise.race([exit, failureOfInput(stdin, channel)]);
    const [out, err] = await output;
    return { exitCode, stdout: out, stderr: err };
  }

  async run(command: string, options: SshExecOptions = {}): Promise<SshResult> {
    const result = await this.exec(command, options);
    if (result.exitCode === 0) return result;
    const shown = command.length > 200 ? `${command.slice(0, 197)}…` : command;
    throw new GocliError(
      'REMOTE_COMMAND',
      `${this.#target.node}: "${shown}" ended with code ${result.exitCode}`,
      {
        observed: redact(lastLines(`${result.stdout}\n${result.stderr}`, 15)),
      },
    );
  }

  #channel(command: string, { pty }: SshExecOptions): Promise<Opened> {
    const terminal: PseudoTtyOptions | undefined =
      pty === undefined ? undefined : { term: pty.term, cols: pty.columns, rows: pty.rows };
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, channel: ClientChannel): void => {
        // Here, not later: on a busy host the exit code is often in the same packet as the acceptance.
        if (error === undefined) resolve({ channel, exit: this.#exitOf(channel) });
        else reject(this.#lost(error.message));
      };
      try {
        if (command === '' && terminal !== undefined) this.#client.shell(terminal, done);
        else this.#client.exec(command, terminal === undefined ? {} : { pty: terminal }, done);
      } catch (error) {
        reject(this.#lost(messageOf(error)));
      }
    });
  }

  #exitOf(channel: ClientChannel): Promise<number> {
    return new Promise((resolve, reject) => {
      let exitCode: number | undefined;
      channel.on('exit', (code: number | null, signal?: string) => {
        exitCode = code ?? 128 + signalNumber(signal);
      });
      channel.on('close', () => {
        if (exitCode === undefined) reject(this.#lost('the connection was closed before the command ended'));
        else resolve(exitCode);
      });
      channel.on('error', (error: Error) => {
        reject(this.#lost(error.message));
      });
    });
  }

  #lost(why: string): GocliError {
    return new GocliError('GUEST_UNREACHABLE', `${this.#target.node}: ${why}`, {
      hint: hintOf(this.#target),
    });
  }

  /** Says goodbye, and waits for no answer. Nothing of the connection is left when it comes back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#client.end();
    this.#socket.destroySoon();
    const late = setTimeout(() => this.#socket.destroy(), CLOSE_MS);
    await closed;
    clearTimeout(late);
  }
}

/** Feeds the command. Settles only when the input fails, with its error; the command is ended then. */
function failureOfInput(stdin: SshExecOptions['stdin'], channel: ClientChannel): Promise<never> {
  return new Promise((_, reject) => {
    if (!(stdin instanceof Readable)) {
      channel.end(stdin);
      return;
    }
    // Also of an input that breaks off without an error: its end would never be told to the command.
    finished(stdin, { writable: false }, (error) => {
      if (!error) return;
      channel.close();
      reject(stdin.errored ?? new Error('the input of the command broke off'));
    });
    stdin.pipe(channel);
  });
}

/** Waits for the work, but no longer than the signal allows: a frozen guest answers nothing, not even a close. */
async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort: () => void,
): Promise<T> {
  if (signal === undefined) return work;
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      onAbort();
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

async function collect(
  from: Readable,
  to: NodeJS.WritableStream | undefined,
  onLine: ((line: string) => void) | undefined,
): Promise<string> {
  if (onLine !== undefined) {
    const lines = from.pipe(new PassThrough());
    createInterface({ input: lines, crlfDelay: Infinity }).on('line', onLine);
  }
  if (to === undefined) return text(from.pipe(new PassThrough()));
  await give(from, to);
  return '';
}

/**
 * What a stream does not take any more, which failed or was closed, is lost: that is its owner's to see, and no matter of
 * the command, which would wait for ever for somebody to read.
 */
async function give(from: Readable, to: NodeJS.WritableStream): Promise<void> {
  const ended = new Promise((resolve) => from.once('end', resolve));
  const onUnpipe = (one: unknown): void => {
    if (one === from) from.resume();
  };
  to.on('unpipe', onUnpipe);
  if (to.writable) from.pipe(to, { end: false });
  else from.resume();
  await ended;
  to.off('unpipe', onUnpipe);
  await taken(to).catch(() => undefined);
}

/** @param name with its prefix, as ssh2 gives it: `SIGTERM` */
function signalNumber(name: string | undefined): number {
  const numbers: Readonly<Record<string, number | undefined>> = constants.signals;
  return numbers[name ?? ''] ?? 0;
}
