import { GocliError, isCode } from '../errors/error.ts';
import { nodeName, sshPort } from '../network/addresses.ts';
import { portKey } from '../network/ports.ts';
import type { SshConnection, SshTarget } from '../ssh/interface.ts';
import { waitFor } from '../waiting/condition.ts';
import type { RigDeps } from './deps.ts';
import { hostPort } from './find.ts';
import type { RigState } from './state.ts';
import { gocliCommand } from '../shared/command.ts';

/** Where node NN of a cluster is reached by ssh. */
export function sshTarget(
  state: Pick<RigState, 'name' | 'ports'>,
  index: number,
  privateKey: string,
  user = 'root',
): SshTarget {
  return {
    host: '127.0.0.1',
    port: hostPort(state, portKey(sshPort(index), 'tcp')),
    user,
    privateKey,
    node: nodeName(index),
    rig: state.name,
  };
}

/** Connects as soon as the guest's ssh server answers. The boot of a guest under emulation takes up to a minute. */
export async function connectWhenUp(
  target: SshTarget,
  deps: Pick<RigDeps, 'ssh' | 'clock'>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<SshConnection> {
  let connection: SshConnection | undefined;
  await waitFor(
    {
      name: `ssh of ${target.node} answers`,
      hint: `Its console says more: ${gocliCommand('console', target.rig, target.node)}`,
      check: async (bounded) => {
        try {
          connection = await deps.ssh.connect(target, bounded);
          return { met: true };
        } catch (error) {
          // A guest that is still booting refuses or resets; that is an observation, not a failure.
          if (isCode(error, 'GUEST_UNREACHABLE')) return { met: false, observed: error.message };
          throw error;
        }
      },
    },
    { clock: deps.clock, signal, timeoutMs, intervalMs: 200 },
  );
  if (connection === undefined)
    throw new GocliError('INTERNAL', 'the ssh condition was met without a connection');
  return connection;
}
