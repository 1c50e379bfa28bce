import { nodeIndex } from '../rig/names.ts';
import { sshTarget } from '../rig/ssh-target.ts';
import type { SshUser } from '../rig/ssh-users.ts';
import { readSecret, STATE_FILE } from '../rig/state.ts';
import type { SshConnection, SshExecOptions, SshResult } from '../ssh/port.ts';
import { chooseStarted, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

export interface SshRequest extends RigChoice {
  /** `node01` */
  readonly node: string;
  /** root unless it is said. */
  readonly user?: SshUser | undefined;
}

export interface ExecRequest extends SshRequest, Omit<SshExecOptions, 'signal'> {
  /** A command line for the user's login shell. */
  readonly command: string;
}

/**
 * A connection to a node. Whoever asked disposes of it.
 * @throws GocliError BAD_VALUE, NOT_FOUND (also the node), NOT_READY, GUEST_UNREACHABLE
 */
export async function connect(request: SshRequest, context: Context): Promise<SshConnection> {
  const { state } = await chooseStarted(request, context);
  const index = nodeIndex(request.node, state.plan.guest.nodes);
  const key = await readSecret(context.paths, state.name, STATE_FILE.sshKey);
  return context.ssh.connect(sshTarget(state, index, key, request.user), context.signal);
}

/**
 * Runs a command on a node. Its exit code is a result, whatever it is.
 * @throws GocliError what {@link connect} throws
 */
export async function exec(request: ExecRequest, context: Context): Promise<SshResult> {
  const { name, node, user, command, ...options } = request;
  await using connection = await connect({ name, node, user }, context);
  return await connection.exec(command, { ...options, signal: context.signal });
}
