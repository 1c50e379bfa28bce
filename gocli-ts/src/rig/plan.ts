import { NODE_SUBNET, nodeName } from '../network/addresses.ts';
import type { ProviderFacts } from '../provider/facts.ts';
import { kindOf, type Kind } from './kind.ts';
import type { Publish } from './published-ports.ts';

/** What one machine of a rig has. */
export interface NodePlan {
  readonly cpus?: number;
  readonly memoryMiB?: number;
}

/** What every kind has in its guest plan. */
interface CommonGuestPlan {
  readonly provider: string;
  readonly nodes: number;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly kernelArgs: readonly string[];
  readonly disk: boolean;
  /** Size of every node's disk; absent when it is the image's. */
  readonly diskMiB?: number;
  /** Network of the nodes; absent when it is the usual one. */
  readonly network?: string;
  /** What single nodes have instead, by name; absent when all are equal. */
  readonly perNode?: Readonly<Record<string, NodePlan>>;
}

/**
 * Everything a guest can observe of its rig: equal guest plans on equal images give equal rigs. Beside what every kind
 * has there is one section, named after the kind and written by it alone.
 */
export type GuestPlan = CommonGuestPlan & Readonly<Record<string, unknown>>;

/** The rest: what only the host sees. */
export interface HostPlan {
  readonly name: string;
  /** What labels and volumes of the rig carry; absent while that is its name. */
  readonly id?: string;
  readonly image: string;
  readonly imageId: string;
  /** Host ports asked for, by `<container port>/<protocol>`; all others are chosen. */
  readonly pinnedPorts: Readonly<Record<string, number>>;
  /** Ports of nodes that are published beside those of the kind; absent when there are none. */
  readonly published?: readonly Publish[];
  /** How long the rig may be there once it is Ready, in milliseconds; absent when nothing removes it. */
  readonly ttlMs?: number;
  /** Whether what it logged is kept when that time is over. */
  readonly ttlEvidence?: true;
  /** SHA-256 of what cloud-init is to run in its machines at their start; absent when that is nothing. */
  readonly userData?: string;
}

/** Pure description of a rig. */
export interface RigPlan {
  readonly guest: GuestPlan;
  readonly host: HostPlan;
}

/** What a provider's machines are when nothing is asked for. The order of its keys is a part of the template's key. */
export function defaultGuest(facts: ProviderFacts, { name }: Pick<Kind, 'name'>): GuestPlan {
  return {
    provider: facts.name,
    nodes: facts.defaults.nodes,
    cpus: facts.defaults.cpus,
    memoryMiB: facts.defaults.memoryMiB,
    kernelArgs: facts.kernelArgs,
    disk: facts.disk,
    [name]: facts[name],
  };
}

/** Network of the nodes. */
export function nodeSubnet({ network }: Pick<GuestPlan, 'network'>): string {
  return network ?? NODE_SUBNET;
}

/** Networks inside of a rig, by who has the addresses. */
export function networksOf(guest: GuestPlan, kinds: readonly Kind[]): Readonly<Record<string, string>> {
  return { nodes: nodeSubnet(guest), ...kindOf(kinds, guest).networks?.(guest) };
}

/** What each machine of a plan has, in order. */
export function nodePlans(plan: GuestPlan): Required<NodePlan>[] {
  return Array.from({ length: plan.nodes }, (_, at) => nodePlan(plan, at + 1));
}

/** What one machine has. @param index 1 for node01 */
export function nodePlan({ cpus, memoryMiB, perNode }: GuestPlan, index: number): Required<NodePlan> {
  return { cpus, memoryMiB, ...perNode?.[nodeName(index)] };
}

/** The plan of a rig that starts again: a port that is asked for at a start is one that was asked for. */
export function startedAgain({ guest, host }: RigPlan, pinnedPorts: HostPlan['pinnedPorts']): RigPlan {
  return { guest, host: { ...host, pinnedPorts: { ...host.pinnedPorts, ...pinnedPorts } } };
}
