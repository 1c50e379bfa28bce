import { randomBytes } from 'node:crypto';
import type { OperationEvent, OperationSink } from '../events/events.ts';
import { holderWords } from '../place/lock-holder.ts';
import { requireSupportedHost } from '../host/supported.ts';
import { onRig } from '../rig/deps.ts';
import { Cleanup } from '../shared/cleanup.ts';
import type { Context, Runtime } from './context.ts';

/** One execution of an operation. */
export interface Execution {
  /** As on the command line: `run`, `snapshot create`. */
  readonly operation: string;
  readonly onEvent: OperationSink;
  readonly signal: AbortSignal;
  /** For operations that never ask what a rig is for, and are to be quick. */
  readonly withoutKinds?: boolean;
}

/**
 * Does the work of an operation, which gets an id of its own; all it tells carries that and its name.
 * @throws GocliError HOST_UNSUPPORTED; what the work throws; else, when it is over, the first error of whoever listens to its events
 */
export async function operate<T>(
  execution: Execution,
  runtime: Runtime,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  requireSupportedHost();
  const faults: unknown[] = [];
  // A listener may be asynchronous, whatever its type says; a rejection that nobody hears ends the process.
  const tell: (event: OperationEvent) => unknown = execution.onEvent;
  const onEvent: OperationSink = (event) => {
    // Nothing that is told may change what is done: not in the middle of a freeze, nor of a clean-up.
    const fault = (error: unknown): void => {
      faults.push(error);
    };
    try {
      const later = tell(event);
      if (later instanceof Promise) later.catch(fault);
    } catch (error) {
      fault(error);
    }
  };
  await using kept = new Cleanup();
  const begun = await beginOperation({ ...execution, onEvent }, runtime);
  const context = {
    ...begun,
    keep: (one: AsyncDisposable) => {
      kept.keep(one);
    },
  };
  const problem = await runtime.docker.system.configProblem();
  if (problem !== undefined) context.emit({ type: 'notice', level: 'warning', text: `${problem}.` });
  const result = await work(context);
  if (faults.length > 0) throw faults[0];
  return result;
}

async function beginOperation(
  { operation, onEvent, signal, withoutKinds = false }: Execution,
  runtime: Runtime,
): Promise<Context> {
  const { docker, ssh, clock, paths, version, host, env, cwd, checkout, naming, loadKinds } = runtime;
  const run = randomBytes(4).toString('hex');
  return {
    docker,
    ssh,
    clock,
    paths,
    version,
    host,
    env,
    cwd,
    checkout,
    kinds: withoutKinds ? [] : await loadKinds(),
    emit: (event) => {
      onEvent({ ...event, operation, run });
    },
    run,
    signal,
    naming,
  };
}

/**
 * Work that changes a rig, while nobody else of this host does: commands of all users wait for each other. What it tells
 * carries the rig's name. What is known of the rig has to be asked for within.
 */
export async function changingRig<T>(
  context: Context,
  rig: string,
  work: (own: Context) => Promise<T>,
): Promise<T> {
  const own = onRig(context, rig);
  await using _ = await context.docker.system.lock(`rig ${rig}`, {
    signal: context.signal,
    onWait: (holder) => {
      const { since } = holder;
      const when = since === undefined ? '' : `, at work since ${since.slice(11, 19)} UTC`;
      own.emit({
        type: 'notice',
        level: 'info',
        text: `Waiting for ${holderWords(holder)}, which changes ${rig}${when}.`,
      });
    },
  });
  return await work(own);
}
