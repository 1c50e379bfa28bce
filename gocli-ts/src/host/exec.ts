import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { constants as osConstants } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { GocliError, messageOf } from '../errors/error.ts';
import { redact } from '../shared/redact.ts';
import { quoteAll } from '../shared/quote.ts';
import { lastLines } from '../shared/text.ts';
import { own, ownAttached, sendSignal } from './children.ts';
import type { AttachOptions, Host, HostResult, HostRunOptions } from './interface.ts';
import { MIB } from '../shared/size.ts';

/** Folders that a user's PATH often lacks, with programs that provisioning needs. */
const FURTHER_PATH = ['/usr/local/go/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];
/** Milliseconds between asking a process group to end and killing it. */
const GRACE_MS = 5000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Programs of this host. execa is loaded at first use. */
export function localHost(env: Environment): Host {
  const path = [env['PATH'] ?? '', ...FURTHER_PATH].filter((part) => part !== '').join(delimiter);
  const environment: Environment = { ...env, PATH: path };
  const which = (program: string): Promise<string | undefined> => search(program, path);
  return {
    which,
    detach: async (argv, log) => (await import('./detach.ts')).detach(argv, log, environment),
    run: async (argv, options = {}) => {
      await requireProgram(argv[0], which);
      return run(argv, options, environment);
    },
    attach: async (argv, options) => {
      await requireProgram(argv[0], which);
      return attach(argv, options, environment);
    },
  };
}

async function search(program: string, path: string): Promise<string | undefined> {
  const candidates = program.includes('/')
    ? [program]
    : path.split(delimiter).map((folder) => join(folder, program));
  for (const candidate of candidates) {
    const found = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return undefined;
}

async function requireProgram(program: string, which: Host['which']): Promise<void> {
  if ((await which(program)) !== undefined) return;
  throw new GocliError('TOOL_MISSING', `${program} is not installed`, {
    hint: 'Type: gocli doctor (it lists what is missing; with --fix it installs it)',
  });
}

async function run(
  argv: readonly [string, ...string[]],
  options: HostRunOptions,
  env: Environment,
): Promise<HostResult> {
  const { execa } = await import('execa');
  options.signal?.throwIfAborted();
  const [file, ...rest] = argv;
  const child = execa(file, rest, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...env, ...options.env },
    extendEnv: false,
    // A group of its own, so that ending it ends the helpers it started too.
    detached: true,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 64 * MIB,
    // execa watches these streams: one that fails ends the program and becomes the cause of the result.
    ...(options.stdin === undefined ? { stdin: 'ignore' } : { input: options.stdin }),
    ...(options.stdout === undefined ? {} : { stdout: ['pipe', options.stdout], buffer: { stdout: false } }),
  });
  if (options.onLine !== undefined) followLines([child.stdout, child.stderr], options.onLine);
  const disown = child.pid === undefined ? undefined : own(-child.pid);
  const unbind = endOnAbort(child.pid === undefined ? undefined : -child.pid, options.signal);
  const result = await child.finally(() => {
    unbind();
    disown?.();
  });
  options.signal?.throwIfAborted();
  // It did not start, or one of its streams failed; the latter may well end with code 0.
  if (result.cause !== undefined) {
    const observed = messageOf(result.cause);
    throw new GocliError('COMMAND', `${shorten(quoteAll(argv))} did not run to its end`, {
      cause: result.cause,
      observed,
    });
  }
  const answer: HostResult = {
    exitCode: result.exitCode ?? 128 + signalNumber(result.signal),
    stdout: typeof result.stdout === 'string' ? result.stdout : '',
    stderr: typeof result.stderr === 'string' ? result.stderr : '',
  };
  if (answer.exitCode === 0 || options.allowFailure === true) return answer;
  throw new GocliError('COMMAND', `${shorten(quoteAll(argv))} ended with code ${answer.exitCode}`, {
    observed: redact(lastLines(`${answer.stdout}\n${answer.stderr}`, 20)),
  });
}

async function attach(
  argv: readonly [string, ...string[]],
  options: AttachOptions,
  env: Environment,
): Promise<number> {
  const { spawn } = await import('node:child_process');
  options.signal.throwIfAborted();
  const [file, ...rest] = argv;
  // In the group of this process, so that it may read from the terminal. Without a folder of its own it stays where this
  // process is, which execa would have it enter: that this user may not search it is no reason for a program not to run.
  const child = spawn(file, rest, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...env, ...options.env },
    stdio: 'inherit',
  });
  const disown = child.pid === undefined ? undefined : ownAttached(child.pid);
  const unbind = endOnAbort(child.pid, options.signal);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    options.signal.throwIfAborted();
    return code ?? 128 + signalNumber(signal ?? undefined);
  } catch (error) {
    options.signal.throwIfAborted();
    throw new GocliError('COMMAND', `${file} could not be started`, {
      cause: error,
      observed: messageOf(error),
    });
  } finally {
    unbind();
    disown?.();
  }
}

function followLines(streams: readonly Readable[], onLine: (line: string) => void): void {
  for (const input of streams) createInterface({ input, crlfDelay: Infinity }).on('line', onLine);
}

/** @param target a process, or a group by its negative leader */
function endOnAbort(target: number | undefined, signal: AbortSignal | undefined): () => void {
  if (target === undefined || signal === undefined) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    sendSignal(target, 'SIGTERM');
    timer = setTimeout(() => {
      sendSignal(target, 'SIGKILL');
    }, GRACE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal.removeEventListener('abort', onAbort);
    if (timer === undefined) return;
    // The leader is gone; children that ignored the request must not outlive it.
    clearTimeout(timer);
    if (target < 0) sendSignal(target, 'SIGKILL');
  };
}

function signalNumber(signal: string | undefined): number {
  const numbers: Readonly<Record<string, number | undefined>> = osConstants.signals;
  return numbers[signal ?? ''] ?? 0;
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 197)}…` : text;
}
