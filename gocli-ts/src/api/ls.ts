import { findRigs } from '../rig/find.ts';
import { isPooled, phaseOf, type RigPhase } from '../rig/life.ts';
import type { RigState } from '../rig/state.ts';
import { untilOf } from '../rig/time-limit.ts';
import type { Context } from './context.ts';
import { listedRegistries, type ListedRegistry } from './kept-registries.ts';

/** A rig in a list. What is not known of one that never came up is null. */
export interface ListedRig {
  readonly name: string;
  readonly provider: string | null;
  /** 0 while it is not known. */
  readonly nodes: number;
  readonly state: RigPhase;
  readonly accelerator: RigState['accelerator'] | null;
  /** RFC 3339. */
  readonly createdAt: string | null;
  /** RFC 3339 time from which on `gc` and `run` remove it; null when it has no time limit. */
  readonly until: string | null;
  /** Port of the Kubernetes API on 127.0.0.1. */
  readonly apiPort: number | null;
}

export interface LsResult {
  readonly clusters: readonly ListedRig[];
  /** Kept by `rm` of rigs that are not there now. */
  readonly registries: readonly ListedRegistry[];
}

export interface LsRequest {
  /** Those of pools, too. */
  readonly all?: boolean | undefined;
}

/** All rigs of this host, by name; those that stand ready in pools are nobody's yet. @throws GocliError DOCKER_UNREACHABLE */
export async function ls({ all = false }: LsRequest, { docker, paths }: Context): Promise<LsResult> {
  const rigs = await findRigs(docker, paths);
  const found = rigs.filter((one) => all || !isPooled(one));
  const clusters = found.map((one) => ({
    name: one.name,
    provider: one.state?.plan.guest.provider ?? null,
    nodes: one.state?.plan.guest.nodes ?? 0,
    state: phaseOf(one),
    accelerator: one.state?.accelerator ?? null,
    createdAt: one.state?.createdAt ?? null,
    until: untilOf(one.state),
    apiPort: one.state?.ports['6443/tcp'] ?? null,
  }));
  return { clusters, registries: await listedRegistries(docker, rigs) };
}
