import { nodeName } from '../network/addresses.ts';
import { portKey, type PortInfo } from '../network/ports.ts';
import { kindOf, type Kind } from './kind.ts';
import { networksOf, type HostPlan, type RigPlan } from './plan.ts';

/** A port of a node that a user wants published. */
export interface Publish {
  /** 1 for node01. */
  readonly node: number;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** A free one is chosen when it is not said. */
  readonly hostPort?: number;
}

/** Ports of the network container through which these go, in the order of the list: none of a kind is above it. */
const FIRST = 40_001;

function containerPort(at: number): number {
  return FIRST + at;
}

/** Host ports that are asked for with them, by `<container port>/<protocol>`. */
export function pinnedOf(published: readonly Publish[]): Record<string, number> {
  return Object.fromEntries(
    published.flatMap(({ protocol, hostPort }, at) =>
      hostPort === undefined ? [] : [[portKey(containerPort(at), protocol), hostPort] as const],
    ),
  );
}

/** One as it is written: `node02:80`. */
function publishedName({ node, port, protocol }: Publish): string {
  return `${nodeName(node)}:${port.toFixed(0)}${protocol === 'udp' ? '/udp' : ''}`;
}

/** What those of a plan lead to. */
function publishedInfos({ published = [] }: Pick<HostPlan, 'published'>): PortInfo[] {
  return published.map((one, at) => ({
    name: publishedName(one),
    port: containerPort(at),
    protocol: one.protocol,
    nodePort: one.port,
    node: one.node,
    meaning: `port ${one.port.toFixed(0)} of ${nodeName(one.node)}`,
  }));
}

/** Every port of a rig: those of its kind, and those that were asked for. */
export function portInfosOf({ guest, host }: RigPlan, kinds: readonly Kind[]): PortInfo[] {
  return [...kindOf(kinds, guest).ports, ...publishedInfos(host)];
}

/** What a plan's kind says of the inside of a rig: its ports, with those that were asked for, and its networks. */
export function innerOf(
  plan: RigPlan,
  kinds: readonly Kind[],
): { portInfos: readonly PortInfo[]; networks: readonly string[] } {
  return { portInfos: portInfosOf(plan, kinds), networks: Object.values(networksOf(plan.guest, kinds)) };
}
