import { nodeIndex } from '../rig/names.ts';
import { sshTarget } from '../rig/ssh-target.ts';
import { loginAs } from '../rig/ssh-users.ts';
import { readSecret, STATE_FILE, type RigState } from '../rig/state.ts';
import type { SshConnection, SshExecOptions, SshResult } from '../ssh/interface.ts';
import { chooseStarted, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

export type { SshConnection };

export interface SshRequest extends RigChoice {
  /** `node01` */
  readonly node: string;
  /** The user that the rig's machines are made for unless it is said: root on nodes of Kubernetes. */
  readonly user?: string | undefined;
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
  return connectAs(loginAs(request.user, state, context.kinds), request.node, state, context);
}

/** The same to a rig that was chosen, for whoever it is. */
export async function connectAs(
  user: string,
  node: string,
  state: RigState,
  { ssh, paths, signal }: Pick<Context, 'ssh' | 'paths' | 'signal'>,
): Promise<SshConnection> {
  const index = nodeIndex(node, state.plan.guest.nodes);
  const key = await readSecret(paths, state.name, STATE_FILE.sshKey);
  return ssh.connect(sshTarget(state, index, key, user), signal);
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
