import type { ProviderFacts } from '../provider/facts.ts';
import { GocliError } from '../errors/error.ts';
import type { Kind } from './kind.ts';

const MIB = 1024 ** 2;
/** Names and addresses end with two digits. */
const MAX_NODES = 99;

/** What every kind has in its guest plan. */
interface CommonGuestPlan {
  readonly provider: string;
  readonly nodes: number;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly kernelArgs: readonly string[];
  readonly disk: boolean;
}

/**
 * Everything a guest can observe of its rig: equal guest plans on equal images give equal rigs. Beside what every kind
 * has there is one section, named after the kind and written by it alone.
 */
export type GuestPlan = CommonGuestPlan & Readonly<Record<string, unknown>>;

/** The rest: what only the host sees. */
interface HostPlan {
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  /** Host ports asked for, by `<container port>/<protocol>`; all others are chosen. */
  readonly pinnedPorts: Readonly<Record<string, number>>;
}

export interface ClusterPlan {
  readonly guest: GuestPlan;
  readonly host: HostPlan;
}

/** What the user asked for; whatever is absent is the provider's default. */
export interface PlanRequest {
  readonly nodes?: number | undefined;
  readonly cpus?: number | undefined;
  readonly memoryBytes?: number | undefined;
}

/** Refuses what no provider can do, before an image is fetched or built. @throws GocliError BAD_VALUE */
export function checkRequest({ nodes, cpus }: PlanRequest): void {
  if (nodes !== undefined) inRange('--nodes', nodes, 1, MAX_NODES);
  if (cpus !== undefined) inRange('--cpu', cpus, 1, 64);
}

/** @throws GocliError BAD_VALUE */
export function planGuest(
  facts: ProviderFacts,
  request: PlanRequest,
  { name, leastMemoryMiB: least }: Pick<Kind, 'name' | 'leastMemoryMiB'>,
): GuestPlan {
  const nodes = request.nodes ?? facts.defaults.nodes;
  const cpus = request.cpus ?? facts.defaults.cpus;
  checkRequest({ nodes, cpus });
  const memoryMiB =
    request.memoryBytes === undefined ? facts.defaults.memoryMiB : Math.floor(request.memoryBytes / MIB);
  if (memoryMiB < least) {
    throw new GocliError('BAD_VALUE', `--memory: ${memoryMiB}M is too little`, {
      hint: `A node needs at least ${least}M.`,
    });
  }
  return {
    provider: facts.name,
    nodes,
    cpus,
    memoryMiB,
    kernelArgs: facts.kernelArgs,
    disk: facts.disk,
    [name]: facts[name],
  };
}

function inRange(flag: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new GocliError('BAD_VALUE', `${flag}: ${value} is out of range`, {
      hint: `A whole number from ${low} to ${high}.`,
    });
  }
}

/** What differs between the plan of a running cluster and the one asked for, as sentences. */
export function planDifferences(running: ClusterPlan, asked: ClusterPlan): string[] {
  const differences: string[] = [];
  const compare = (what: string, a: unknown, b: unknown): void => {
    if (JSON.stringify(a) !== JSON.stringify(b))
      differences.push(`${what}: ${show(a)} runs, ${show(b)} is asked for`);
  };
  compare('provider', running.guest.provider, asked.guest.provider);
  compare('nodes', running.guest.nodes, asked.guest.nodes);
  compare('vCPUs per node', running.guest.cpus, asked.guest.cpus);
  compare('memory per node (MiB)', running.guest.memoryMiB, asked.guest.memoryMiB);
  compare('kernel arguments', running.guest.kernelArgs, asked.guest.kernelArgs);
  compare('image', running.host.imageId, asked.host.imageId);
  for (const [port, hostPort] of Object.entries(asked.host.pinnedPorts)) {
    const now = running.host.pinnedPorts[port];
    if (now !== hostPort) compare(`host port of ${port}`, now ?? 'a free one', hostPort);
  }
  return differences;
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
