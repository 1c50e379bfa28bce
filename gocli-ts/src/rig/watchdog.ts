import { setTimeout as delay } from 'node:timers/promises';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Docker } from '../place/interface.ts';
import { GocliError, isCode } from '../errors/error.ts';
import { MACHINE_PATH } from '../machine/spec.ts';
import { linked } from '../shared/limit.ts';
import { redact } from '../shared/redact.ts';
import { lastLines } from '../shared/text.ts';
import { isMachine } from './parts.ts';

/** Milliseconds between two looks at the consoles: each asks the daemon for the whole of one. */
const LOOK_MS = 5000;
/** What Linux prints before it halts (kernel/panic.c). The machine goes on running, and says nothing any more. */
const PANIC = /Kernel panic - not syncing/;

/** A socket closes a moment before the daemon tells that the container has ended. */
const DEATH_MS = 2000;

/** A panic prints registers and a call trace after its name. */
const CONSOLE_LINES = 100;

type Watched = Pick<ContainerInfo, 'id' | 'name' | 'labels'>;

/**
 * Runs work that needs all these containers to stay alive. When one ends, or the kernel of a guest panics, the work's
 * signal is aborted with GUEST_DIED and the end of its console, so that nobody waits minutes for a machine that is gone.
 * @param lookMs milliseconds between two looks for a panic
 */
export async function whileAlive<T>(
  docker: Docker,
  containers: readonly Watched[],
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  lookMs = LOOK_MS,
): Promise<T> {
  using watch = linked(signal);
  using alive = linked(signal);
  for (const container of containers) {
    docker.containers.wait(container.id, watch.signal).then(
      async (exitCode) => {
        if (!watch.signal.aborted) alive.abort(await deathOf(docker, container, exitCode));
      },
      () => undefined,
    );
  }
  const guests = containers.filter(isMachine);
  panicAmong(docker, guests, lookMs, watch.signal).then(
    (panic) => {
      alive.abort(panic);
    },
    () => undefined,
  );
  try {
    return await work(alive.signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (isCode(error, 'GUEST_DIED')) await abortedWithin(alive.signal, DEATH_MS);
    alive.signal.throwIfAborted();
    // The work may notice the end of a machine before the daemon has told of it.
    throw (await deathAmong(docker, containers)) ?? error;
  }
}

/** Looks at the consoles until one tells of a panic. @throws the signal's reason */
async function panicAmong(
  docker: Docker,
  guests: readonly Watched[],
  lookMs: number,
  signal: AbortSignal,
): Promise<GocliError> {
  for (;;) {
    await delay(lookMs, undefined, { signal });
    for (const { id, labels } of guests) {
      const end = await consoleTail(docker, id, CONSOLE_LINES, signal);
      signal.throwIfAborted();
      if (!PANIC.test(end)) continue;
      return new GocliError('GUEST_DIED', `the kernel of ${labels[LABEL.node] ?? ''} panicked`, {
        observed: redact(lastLines(end, 20)),
        hint: 'On an overloaded host an emulated guest may miss its timer: start it again.',
      });
    }
  }
}

/** Waits until the signal is aborted, and at most so many milliseconds. */
async function abortedWithin(signal: AbortSignal, ms: number): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

async function deathAmong(docker: Docker, containers: readonly Watched[]): Promise<GocliError | undefined> {
  for (const container of containers) {
    const now = await docker.containers.inspect(container.id).catch(() => undefined);
    if (now?.state === 'exited' || now?.state === 'dead') return deathOf(docker, container, now.exitCode);
  }
  return undefined;
}

async function deathOf(docker: Docker, container: Watched, exitCode: number): Promise<GocliError> {
  const node = container.labels[LABEL.node];
  const logs = await docker.containers.logs(container.id, { tail: 20 }).catch(() => '');
  const console = node === undefined ? '' : await consoleTail(docker, container.id, 20);
  const what = node === undefined ? `container ${container.name}` : `the machine of ${node}`;
  return new GocliError('GUEST_DIED', `${what} ended with code ${exitCode}`, {
    observed: redact(lastLines(`${logs}\n${console}`, 20)) || 'it left no output',
    hint: 'Run again with --keep-on-failure to look at what it left.',
  });
}

/** The last lines of a machine's serial console; empty when there is none yet. */
export async function consoleTail(
  docker: Docker,
  containerId: string,
  lines: number,
  signal?: AbortSignal,
): Promise<string> {
  const log = await docker.containers
    .readFile(containerId, MACHINE_PATH.consoleLog, signal)
    .catch(() => Buffer.from(''));
  return lastLines(log.toString('utf8'), lines);
}
