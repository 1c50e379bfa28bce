import { isCode } from '../errors/error.ts';
import { rigFolder } from '../host/paths.ts';
import { nodeName } from '../network/addresses.ts';
import { runInGuests } from '../rig/agents.ts';
import { findRigs, requireState } from '../rig/find.ts';
import { decide, isPooled, type FoundRig } from '../rig/life.ts';
import { restoreSecrets } from '../rig/lost-secrets.ts';
import { machinesIn } from '../rig/snapshot/create.ts';
import { sshTarget } from '../rig/ssh-target.ts';
import { loginAs } from '../rig/ssh-users.ts';
import { STATE_FILE } from '../rig/state.ts';
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
  const rigs =
    name === undefined ? await usableRigs(context) : [(await chooseStarted({ name }, context)).found];
  const all = await Promise.all(rigs.map((found) => hostsOf(found, context)));
  return { hosts: all.flat() };
}

async function usableRigs(context: Context): Promise<FoundRig[]> {
  const { docker, paths } = context;
  const found = (await findRigs(docker, paths)).filter((one) => !isPooled(one) && isUsable(one));
  for (const one of found) await restoreSecrets(requireState(one), one.containers, context);
  return found;
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
      hostKey: key.trim(),
    };
  });
}
