import {
  addAbortSignal,
  Duplex,
  finished as finishedWith,
  PassThrough,
  Readable,
  type Writable,
} from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import type Dockerode from 'dockerode';
import { taken } from '../../shared/taken.ts';
import type { ExecOptions, ExecResult } from '../interface.ts';

/** Runs a program in a container to its end. */
export async function execIn(
  engine: Dockerode,
  id: string,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const { signal, stdin } = options;
  signal?.throwIfAborted();
  // A daemon answers none of these for a container that is held.
  const abort = signal === undefined ? {} : { abortSignal: signal };
  const exec = await engine.getContainer(id).exec({
    ...abort,
    Cmd: [...argv],
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    ...(options.env === undefined ? {} : { Env: [...options.env] }),
    ...(options.user === undefined ? {} : { User: options.user }),
  });
  const stream = await exec.start({ ...abort, hijack: stdin !== undefined, stdin: stdin !== undefined });
  // Also covers a signal that aborted while the requests above were under way.
  if (signal !== undefined) addAbortSignal(signal, stream);
  const out = new PassThrough();
  const err = new PassThrough();
  engine.modem.demuxStream(stream, out, err);
  feed(stdin, stream);
  const ended = endOf(stream, stdin).finally(() => {
    out.end();
    err.end();
  });
  try {
    const [stdout, stderr] = await Promise.all([
      drain(out, options.stdout, signal),
      drain(err, options.stderr, signal),
      ended,
    ]);
    return { exitCode: await exitCodeOf(exec, signal), stdout, stderr };
  } finally {
    stream.destroy();
    if (stdin instanceof Readable) stdin.destroy();
  }
}

/** Starts a program in a container and does not wait for it. */
export async function startIn(engine: Dockerode, id: string, argv: readonly string[]): Promise<void> {
  const exec = await engine.getContainer(id).exec({ Cmd: [...argv] });
  const answer = await exec.start({ Detach: true });
  // It has no content.
  answer.resume();
  await finished(answer);
}

const UNREAD_INPUT: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/** A program that ends before it has read its input makes the connection fail; its exit code says how it ended. */
async function endOf(stream: Duplex, stdin: ExecOptions['stdin']): Promise<void> {
  try {
    await finished(stream, { writable: false });
  } catch (error) {
    const inputFailed = stdin instanceof Readable && stdin.errored === error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (stdin === undefined || inputFailed || !UNREAD_INPUT.has(code)) throw error;
  }
}

/** Not `pipeline`: that would destroy the connection, and output not read yet with it, when writing fails. */
function feed(stdin: ExecOptions['stdin'], stream: Duplex): void {
  if (!(stdin instanceof Readable)) {
    if (stdin !== undefined) stream.end(stdin);
    return;
  }
  // Also of an input that breaks off without an error: its end would never be told to the program.
  finishedWith(stdin, { writable: false }, (error) => {
    if (error) stream.destroy(stdin.errored ?? new Error('the input of the program broke off'));
  });
  stdin.pipe(stream);
}

async function drain(
  from: Readable,
  to: Writable | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (to === undefined) return text(from);
  await pipeline(from, to, { end: false });
  await taken(to, signal);
  return '';
}

/** The daemon closes the stream a moment before it knows the exit code. */
async function exitCodeOf(exec: Dockerode.Exec, signal: AbortSignal | undefined): Promise<number> {
  for (;;) {
    signal?.throwIfAborted();
    const { Running, ExitCode } = await exec.inspect(signal === undefined ? {} : { abortSignal: signal });
    if (!Running && ExitCode !== null) return ExitCode;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Starts a program and gives its stdin and stdout as one duplex. */
export async function connectTo(
  engine: Dockerode,
  id: string,
  argv: readonly string[],
  { user, signal }: { user?: string; signal?: AbortSignal } = {},
): Promise<Duplex> {
  signal?.throwIfAborted();
  // A daemon answers none of these for a container that is held.
  const abort = signal === undefined ? {} : { abortSignal: signal };
  const exec = await engine.getContainer(id).exec({
    ...abort,
    Cmd: [...argv],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    ...(user === undefined ? {} : { User: user }),
  });
  const stream = await exec.start({ ...abort, hijack: true, stdin: true });
  const out = new PassThrough();
  engine.modem.demuxStream(stream, out, new PassThrough().resume());
  const end = (): void => {
    out.end();
  };
  stream.on('end', end).on('close', end).on('error', end);
  return duplexOf(out, stream);
}

/** Unlike `Duplex.from`, destroying it is no error, and it destroys the connection, which ends the program's input. */
function duplexOf(readable: PassThrough, stream: Duplex): Duplex {
  const duplex = new Duplex({
    read: () => {
      readable.resume();
    },
    write: (chunk: Buffer, encoding, done) => {
      stream.write(chunk, encoding, done);
    },
    final: (done) => {
      stream.end(done);
    },
    destroy: (error, done) => {
      stream.destroy();
      done(error);
    },
  });
  readable.on('data', (chunk) => {
    if (!duplex.push(chunk)) readable.pause();
  });
  readable.on('end', () => duplex.push(null));
  return duplex;
}
