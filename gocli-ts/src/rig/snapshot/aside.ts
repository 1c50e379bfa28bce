import { Monitor } from '../../machine/monitor.ts';
import { MACHINE_PATH } from '../../machine/spec.ts';
import { tapName, vncPort } from '../../network/addresses.ts';
import { LABEL } from '../../place/labels.ts';
import type { ContainerInfo, Docker } from '../../place/interface.ts';
import { GocliError } from '../../errors/error.ts';
import { allOf } from '../../shared/all.ts';
import type { RigDeps } from '../deps.ts';
import { findRig } from '../find.ts';
import type { FoundRig } from '../life.ts';
import { DISKS_FOLDER } from '../machine-files.ts';
import { containerName, isAside, nodeIndex } from '../names.ts';
import { isMachine, partOf } from '../parts.ts';
import { putDisksAside, runIn, settleFiles } from './kept-files.ts';

/**
 * Machines that stand still beside those that are to take their place, in the network that both share: their memory
 * stays, their containers, taps and disks get other names, and what the registry stores is kept. The names of the
 * containers say that it is so: they are changed first, and are the last to go.
 */

/** Where qemu listens for VNC meanwhile, in its own container: of one port there can be one listener. */
const VNC = `${MACHINE_PATH.qmp}.vnc`;

/** Arguments are the taps. Each step is done once, however often it is begun. */
const TAPS_ASIDE = `for tap; do
  [ -e "/sys/class/net/o-$tap" ] || {
    ip link set dev "$tap" down
    ip link set dev "$tap" nomaster name "o-$tap"
  }
  [ -e "/sys/class/net/$tap" ] || grep -E "^(tuntap add|link set) dev $tap " /etc/gocli/links | ip -batch -
done`;
const TAPS_BACK = `for tap; do
  [ -e "/sys/class/net/o-$tap" ] || continue
  [ ! -e "/sys/class/net/$tap" ] || ip link delete dev "$tap"
  ip link set dev "o-$tap" name "$tap"
  grep "^link set dev $tap " /etc/gocli/links | ip -batch -
done`;
const TAPS_GONE = 'for tap; do [ ! -e "/sys/class/net/o-$tap" ] || ip link delete dev "o-$tap"; done';

type PutAside = Pick<FoundRig, 'id' | 'name' | 'containers' | 'aside'>;

/**
 * Puts machines that stand still aside; what killed that is undone by {@link putBack}.
 * @throws GocliError COMMAND, REMOTE_COMMAND
 */
export async function putAside(found: PutAside, nodes: number, deps: RigDeps): Promise<void> {
  const { docker, signal } = deps;
  const machines = found.containers.filter(isMachine);
  const network = requirePart(found, 'dnsmasq');
  // Of machines that somebody removed by hand something may be left, which is not to be taken for what is put there now.
  await allOf([runIn(network, TAPS_GONE, taps(nodes), docker), settleFiles(found, 'gone', deps)]);
  for (const one of machines)
    await docker.containers.rename(one.id, containerName.aside(found.name, indexOf(one)));
  await allOf(machines.map((one) => listenAt(one, 'aside', deps, signal)));
  await runIn(network, TAPS_ASIDE, taps(nodes), docker);
  await putDisksAside(network, docker);
  await docker.containers.putFiles(network.id, '/', [DISKS_FOLDER]);
}

/**
 * Puts machines back that stand aside, in the place of those that are there now, which are removed. They stand still as
 * before; where they ended meanwhile, their disks are back.
 * @throws GocliError COMMAND, REMOTE_COMMAND, DOCKER; it can be done again
 */
export async function putBack(found: PutAside, deps: RigDeps): Promise<void> {
  const { docker } = deps;
  const aside = found.aside ?? [];
  const { others, named } = inPlaceOf(found);
  await allOf(others.map(({ id }) => docker.containers.remove(id)));
  await inNetwork(found, TAPS_BACK, docker);
  await settleFiles(found, 'back', deps);
  // One that ended meanwhile listens nowhere.
  const standing = [...aside, ...named].filter(({ state }) => state === 'running');
  const never = new AbortController().signal;
  await allOf(standing.map((one) => listenAt(one, 'place', deps, never)));
  for (const one of aside)
    await docker.containers.rename(one.id, containerName.node(found.name, indexOf(one)));
}

/** Removes machines that stand aside, now that others have their place. @throws GocliError COMMAND, DOCKER */
export async function removeAside(found: PutAside, deps: RigDeps): Promise<void> {
  const { docker } = deps;
  await allOf([inNetwork(found, TAPS_GONE, docker), settleFiles(found, 'gone', deps)]);
  await allOf((found.aside ?? []).map(({ id }) => docker.containers.remove(id)));
}

/** With the network container go its taps, and with its next start they are made anew. */
async function inNetwork(
  { containers, aside = [] }: PutAside,
  script: string,
  docker: Docker,
): Promise<void> {
  const network = partOf(containers, 'dnsmasq');
  const own = aside.map((one) => tapName(indexOf(one)));
  if (network?.state === 'running') await runIn(network, script, own, docker);
}

/**
 * Ends what a restore began that was killed: machines that were seen Ready have their place, else those that stood aside
 * get it back, and stand still.
 * @throws GocliError what {@link putBack} and {@link removeAside} throw
 */
export async function settleAside(found: FoundRig, deps: RigDeps): Promise<FoundRig> {
  const { others, named } = inPlaceOf(found);
  const { run, readyAt } = found.state ?? {};
  const isOver =
    readyAt !== undefined &&
    named.length === 0 &&
    others.length > 0 &&
    others.every(({ labels }) => labels[LABEL.run] === run);
  await (isOver ? removeAside(found, deps) : putBack(found, deps));
  return (await findRig(deps.docker, deps.paths, found.name)) ?? found;
}

/**
 * Machines whose containers have the names of nodes: those of the snapshot, and those of the run that stands aside, which
 * were not called otherwise yet, or not any more, when a command was killed.
 */
function inPlaceOf({ containers, aside = [] }: PutAside): Record<'others' | 'named', ContainerInfo[]> {
  const runs = new Set(aside.map(({ labels }) => labels[LABEL.run]));
  const machines = containers.filter(isMachine);
  const named = machines.filter(({ labels }) => runs.has(labels[LABEL.run]));
  return { named, others: machines.filter((one) => !named.includes(one)) };
}

/** The same rig with what stands aside told apart, after the names of containers were changed. */
export async function withAside<T extends PutAside>(found: T, docker: Docker): Promise<T> {
  const all = await docker.containers.list({ [LABEL.cluster]: found.id });
  return { ...found, containers: all.filter((one) => !isAside(one)), aside: all.filter(isAside) };
}

/** Lets qemu listen for VNC where the others do not, or where it did (QMP `display-update`, qemu 7.1). */
async function listenAt(
  { id, labels }: ContainerInfo,
  where: 'aside' | 'place',
  { docker }: Pick<RigDeps, 'docker'>,
  signal: AbortSignal,
): Promise<void> {
  const node = labels[LABEL.node] ?? '';
  const port = vncPort(nodeIndex(node, MOST_NODES)).toFixed(0);
  const address = where === 'aside' ? { type: 'unix', path: VNC } : { type: 'inet', host: '0.0.0.0', port };
  await using monitor = await Monitor.open(docker, id, node, signal);
  await monitor.execute('display-update', { type: 'vnc', addresses: [address] }, signal);
}

/** Names of nodes have two digits. */
const MOST_NODES = 99;

function indexOf({ labels }: ContainerInfo): number {
  return nodeIndex(labels[LABEL.node] ?? '', MOST_NODES);
}

function taps(nodes: number): string[] {
  return Array.from({ length: nodes }, (_, at) => tapName(at + 1));
}

/** @throws GocliError NOT_READY */
export function requirePart(
  { name, containers }: Pick<FoundRig, 'name' | 'containers'>,
  role: 'dnsmasq' | 'registry',
): ContainerInfo {
  const part = partOf(containers, role);
  if (part !== undefined) return part;
  throw new GocliError(
    'NOT_READY',
    `cluster "${name}" has no ${role === 'registry' ? role : 'network'} container`,
  );
}
