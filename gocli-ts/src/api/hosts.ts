import { GocliError, isCode, messageOf } from '../errors/error.ts';
import { rigFolder } from '../host/paths.ts';
import { nodeName } from '../network/addresses.ts';
import { runInGuests } from '../rig/agents.ts';
import { findRigs, requireState } from '../rig/find.ts';
import { decide, isPooled, type FoundRig } from '../rig/life.ts';
import { restoreSecrets } from '../rig/lost-secrets.ts';
import { machinesIn } from '../rig/parts.ts';
import { sshTarget } from '../rig/ssh-target.ts';
import { loginAs } from '../rig/ssh-users.ts';
import { STATE_FILE } from '../rig/state.ts';
import { gocliCommand } from '../shared/command.ts';
import { inTime } from '../waiting/in-time.ts';
import { chooseStarted, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

/** A machine as ssh reaches it from this host. */
export interface Host {
  /** That of its rig; of one of several machines `RIG-node02`. */
  readonly name: string;
  readonly rig: string;
  readonly provider: string;
  readonly node: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** File with the private key. */
  readonly identityFile: string;
  /** Public host key, one line. */
  readonly hostKey: string;
}

export interface HostsResult {
  readonly hosts: readonly Host[];
}

/** The machines of a rig, or of all that run. @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY, TIMEOUT, GUEST_DIED */
export async function hosts({ name }: RigChoice, context: Context): Promise<HostsResult> {
  if (name !== undefined)
    return { hosts: await hostsOf((await chooseStarted({ name }, context)).found, context) };
  const { docker, paths } = context;
  const usable = (await findRigs(docker, paths)).filter((one) => !isPooled(one) && isUsable(one));
  const all = usable.map(async (found) => {
    try {
      await restoreSecrets(requireState(found), found.containers, context);
      return await hostsOf(found, context);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof GocliError)) throw error;
      // One that is ill does not hide the others.
      const text = `${found.name} is left out: ${messageOf(error)}`;
      context.emit({ type: 'notice', level: 'warning', text });
      return [];
    }
  });
  return { hosts: (await Promise.all(all)).flat() };
}

function isUsable(found: FoundRig): boolean {
  try {
    decide('use', found.name, found);
    return true;
  } catch (error) {
    if (isCode(error, 'NOT_READY') || isCode(error, 'NOT_FOUND')) return false;
    throw error;
  }
}

/** Milliseconds for a guest agent. */
const AGENT_MS = 20_000;
const HOST_KEY = 'read -r key </etc/ssh/ssh_host_ed25519_key.pub; printf \'%s\\n\' "$key"';

/**
 * What the guest says goes into files that run commands: nothing but a key is taken (RFC 8709; base64).
 * @throws GocliError REMOTE_COMMAND
 */
export function hostKeyOf(line: string, rig: string): string {
  const key = /^ssh-ed25519 [A-Za-z0-9+/]{1,200}={0,2}(?= [^\n\r]*$|$)/.exec(line.trim())?.[0];
  if (key !== undefined) return key;
  throw new GocliError('REMOTE_COMMAND', `what a machine of ${rig} says is its ssh host key is none`, {
    observed: JSON.stringify(line.slice(0, 200)),
    hint: `Look at /etc/ssh/ssh_host_ed25519_key.pub in it: ${gocliCommand('ssh', rig, 'node01')}`,
  });
}

async function hostsOf(found: FoundRig, context: Context): Promise<Host[]> {
  const state = requireState(found);
  const { name, plan } = state;
  const machines = machinesIn(found);
  const scripts = machines.map(() => HOST_KEY);
  const bounds = { signal: context.signal, timeoutMs: AGENT_MS };
  const keys = await inTime(`the guest agents of ${name} answer`, bounds, (bounded) =>
    runInGuests(machines, scripts, context, bounded),
  );
  const user = loginAs(undefined, state, context.kinds);
  return keys.map((key, at) => {
    const { host, port, node } = sshTarget(state, at + 1, '');
    return {
      name: plan.guest.nodes === 1 ? name : `${name}-${nodeName(at + 1)}`,
      rig: name,
      provider: plan.guest.provider,
      node,
      host,
      port,
      user,
      identityFile: `${rigFolder(context.paths, name)}/${STATE_FILE.sshKey}`,
      hostKey: hostKeyOf(key, name),
    };
  });
}
