import type { Duplex } from 'node:stream';
import { GocliError } from '../errors/error.ts';
import { MACHINE_PATH } from '../machine/spec.ts';
import { nodeName } from '../network/addresses.ts';
import { nodeOf } from '../rig/find.ts';
import { nodeIndex } from '../rig/names.ts';
import { chooseStarted, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

export interface ConsoleRequest extends RigChoice {
  /** `node01` unless told. */
  readonly node?: string | undefined;
}

export interface ConsoleLog {
  readonly node: string;
  /** Every byte that the node wrote to its serial console so far. */
  readonly bytes: Buffer;
}

export interface ConsoleLine {
  readonly node: string;
  /** What is written to it is typed on the console, what is read from it appears there. Whoever asked destroys it. */
  readonly line: Duplex;
}

/** What a node wrote to its serial console. @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY */
export async function log(request: ConsoleRequest, context: Context): Promise<ConsoleLog> {
  const { node, container } = await chooseNode(request, context);
  return {
    node,
    bytes: await context.docker.containers.readFile(container, MACHINE_PATH.consoleLog, context.signal),
  };
}

/** A line to the serial console of a node. @throws GocliError what {@link log} throws, and GUEST_UNREACHABLE */
export async function attach(request: ConsoleRequest, context: Context): Promise<ConsoleLine> {
  const { node, container } = await chooseNode(request, context);
  try {
    const argv = ['socat', '-', `UNIX-CONNECT:${MACHINE_PATH.console}`];
    const { signal } = context;
    return { node, line: await context.docker.containers.connect(container, argv, { signal }) };
  } catch (error) {
    context.signal.throwIfAborted();
    throw new GocliError('GUEST_UNREACHABLE', `the console of ${node} cannot be attached`, { cause: error });
  }
}

async function chooseNode(
  request: ConsoleRequest,
  context: Context,
): Promise<{ node: string; container: string }> {
  const { found, state } = await chooseStarted(request, context);
  const node = nodeName(nodeIndex(request.node ?? nodeName(1), state.plan.guest.nodes));
  return { node, container: nodeOf(found, node).id };
}
