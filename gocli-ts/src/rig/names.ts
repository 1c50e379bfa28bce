import { randomBytes } from 'node:crypto';
import { GocliError } from '../errors/error.ts';
import { nodeName, twoDigits } from '../network/addresses.ts';
import { didYouMean } from '../shared/text.ts';

/** Checks a cluster name before it reaches a path, a label or a container name. @throws GocliError BAD_VALUE */
export function checkRigName(name: string, at: string): string {
  return checkName(name, at, 'cluster');
}

/** Names of rigs that stand ready in a pool: the key of their plan, and something by chance. */
const MEMBER = /^pool-([0-9a-f]{12})-[0-9a-f]{6}$/;

/** The name of a rig that is to stand ready in the pool of a plan. */
export function memberName(key: string): string {
  return `pool-${key}-${randomBytes(3).toString('hex')}`;
}

/** The key of the pool that a rig of this name is of; undefined when it is of none. The name alone decides that. */
export function poolOfName(name: string): string | undefined {
  return MEMBER.exec(name)?.[1];
}

/** Checks the name that a rig is to get. @throws GocliError BAD_VALUE */
export function checkNewRigName(name: string, at: string): string {
  checkRigName(name, at);
  if (poolOfName(name) === undefined) return name;
  throw new GocliError('BAD_VALUE', `${at}: "${name}" is the name of a cluster of the pool`, {
    hint: 'Choose another one; gocli run takes a cluster of the pool by itself.',
  });
}

/** Checks the name of a snapshot before it reaches a label. @throws GocliError BAD_VALUE */
export function checkSnapshotName(name: string, at = 'snapshot'): string {
  return checkName(name, at, 'snapshot');
}

function checkName(name: string, parameter: string, what: string): string {
  if (/^[a-z0-9]([a-z0-9.-]{0,38}[a-z0-9])?$/.test(name) && !name.includes('..')) return name;
  throw new GocliError('BAD_VALUE', `${parameter}: "${name}" is not a ${what} name`, {
    hint: 'Use at most 40 lower-case letters, digits, "." and "-", beginning and ending with a letter or digit.',
  });
}

/** The name under which a stopped cluster is kept; no snapshot can have it. */
export const STOPPED = '.stopped';

/** Number of a node from its name, `node01` or `node1`. @throws GocliError NOT_FOUND */
export function nodeIndex(node: string, nodes: number): number {
  const index = Number(/^node0?([1-9]\d?)$/.exec(node)?.[1]);
  if (index >= 1 && index <= nodes) return index;
  const known = Array.from({ length: nodes }, (_, at) => nodeName(at + 1));
  throw new GocliError('NOT_FOUND', `there is no node "${node}" in this cluster.${didYouMean(node, known)}`, {
    hint: `Its nodes: ${known.join(', ')}`,
  });
}

/** Container names of a cluster. */
export const containerName = {
  network: (cluster: string): string => `${cluster}-dnsmasq`,
  registry: (cluster: string): string => `${cluster}-registry`,
  node: (cluster: string, index: number): string => `${cluster}-${nodeName(index)}`,
  /** Of a machine that stands still beside the one that is to take its place; see snapshot/aside.ts. */
  aside: (cluster: string, index: number): string => `${cluster}-aside${twoDigits(index)}`,
} as const;

/** Whether a container is that of a machine which was put aside. */
export function isAside({ name }: { readonly name: string }): boolean {
  return /-aside\d\d$/.test(name);
}

/** The volume with the disks of a cluster's machines and what is known of it; by its id. */
export function machinesVolume(id: string): string {
  return `${id}-machines`;
}

/** The volume with what a cluster stores outside of its machines; by its id. */
export function dataVolume(id: string): string {
  return `${id}-data`;
}
