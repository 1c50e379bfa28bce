import type Dockerode from 'dockerode';
import type { Labels } from '../interface.ts';
import { GocliError } from '../../errors/error.ts';
import { inTime } from '../../waiting/in-time.ts';
import { dockerError, statusOf } from './errors.ts';

/** Gives the client of the daemon, made at first use: loading it costs more than `gocli --help` may take. */
export interface Connect {
  (): Promise<Dockerode>;
  /** Ends the questions that are under way when it is aborted, as long as nothing was changed. */
  readonly interrupt?: AbortSignal | undefined;
  /** Whether anything but questions was asked for: what is asked since may be for a clean-up. */
  changed?: boolean;
}

/** Milliseconds in which a daemon answers a question. A busy host was seen to take twenty seconds. */
const ANSWER_MS = 60_000;

/** Runs one request and gives its failure the form that users see. @throws GocliError; the signal's reason */
export function request<T>(
  connect: Connect,
  what: string,
  call: (engine: Dockerode) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  connect.changed = true;
  return send(connect, what, call, signal);
}

async function send<T>(
  connect: Connect,
  what: string,
  call: (engine: Dockerode) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return await call(await connect());
  } catch (error) {
    signal?.throwIfAborted();
    throw dockerError(error, what);
  }
}

/**
 * A request that changes nothing, so that nobody has to wait for a daemon that does not answer.
 * @param call hands the signal on where the client takes one
 * @param own ends this question, whatever was changed before
 * @throws GocliError DOCKER_UNREACHABLE when there is no answer within a minute; the reason of an interrupt
 */
export async function ask<T>(
  connect: Connect,
  what: string,
  call: (engine: Dockerode, options: { abortSignal: AbortSignal }) => Promise<T>,
  own?: AbortSignal,
): Promise<T> {
  const { interrupt, changed } = connect;
  const signal = own ?? (changed === true || interrupt?.aborted === true ? undefined : interrupt);
  return inTime(noAnswer, { signal, timeoutMs: ANSWER_MS }, (bounded) =>
    send(
      connect,
      what,
      (engine) => Promise.race([call(engine, { abortSignal: bounded }), rejection(bounded)]),
      bounded,
    ),
  );
}

function noAnswer(cause: unknown): GocliError {
  return new GocliError('DOCKER_UNREACHABLE', 'the Docker daemon does not answer', {
    cause,
    observed: `its socket takes requests, but there was no answer within ${ANSWER_MS / 1000} s`,
    hint: 'Look at it: docker info, journalctl -u docker. Is DOCKER_HOST the socket of a Docker daemon?',
  });
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}

/** Like {@link request}, but undefined when the daemon answers with one of these statuses. */
export function requestUnless<T>(
  connect: Connect,
  what: string,
  statuses: readonly number[],
  call: (engine: Dockerode) => Promise<T>,
): Promise<T | undefined> {
  return request(connect, what, (engine) => undefinedAt(statuses, call(engine)));
}

/** Like {@link ask}, but undefined for what the daemon does not have. */
export function askFor<T>(
  connect: Connect,
  what: string,
  call: Parameters<typeof ask<T>>[2],
  own?: AbortSignal,
): Promise<T | undefined> {
  return ask(connect, what, (engine, options) => undefinedAt([404], call(engine, options)), own);
}

async function undefinedAt<T>(statuses: readonly number[], answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

/** Filters of a list request for labels; an empty value asks for the key alone. */
export function labelFilter(labels: Labels): { label: string[] } {
  return { label: Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`)) };
}
