import { GocliError } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo, Docker } from '../place/interface.ts';
import type { Volume } from './holder.ts';
import type { Snapshot } from './snapshot/list.ts';
import type { RestoredSnapshots } from './snapshot/restore-keepers.ts';
import { gocliCommand } from '../shared/command.ts';
import { poolOfName } from './names.ts';
import { anotherId, idAmong, nameBorne, rigNames } from './identity.ts';

/** What the daemon has of all rigs. */
export interface Listing {
  /** Keepers of snapshots and templates, too: all that have a role. */
  readonly containers: readonly ContainerInfo[];
  readonly volumes: readonly Volume[];
  /** What each rig is called of which there is a container, be it the keeper of a snapshot, or the copy of one; by id. */
  readonly names: ReadonlyMap<string, string>;
  /** What rigs were saved as whose image is gone, and so the keeper; empty as long as nobody looked into the volumes. */
  readonly waiting: readonly Snapshot[];
}

/** Two requests, whatever there is. */
export async function listRigs(docker: Docker): Promise<Listing> {
  const [containers, volumes] = await Promise.all([
    docker.containers.list({ [LABEL.role]: '' }),
    docker.volumes.list({ [LABEL.cluster]: '' }),
  ]);
  return { containers, volumes, names: rigNames(containers), waiting: [] };
}

/** A list with that of which only copies of keepers in volumes tell. */
export function withLeft(listing: Listing, { waiting, gone }: RestoredSnapshots): Listing {
  const left = [...waiting, ...gone].map(({ rig, cluster }) => [rig, cluster] as const);
  const stopped = waiting.filter(({ record }) => record.kind === 'stopped');
  return { ...listing, names: new Map([...left, ...listing.names]), waiting: stopped };
}

export function isOfMachines({ labels }: Volume): boolean {
  return labels[LABEL.role] === 'machines';
}

/** Ids of rigs of which volumes are left and no container: only a look into them says what they are called. */
export function bareIds({ names, volumes }: Listing): string[] {
  const ids = new Set(volumes.map(({ labels }) => labels[LABEL.cluster] ?? ''));
  ids.delete('');
  return [...ids].filter((id) => !names.has(id));
}

/** Ids of rigs that have a name, or may have it; the likeliest first. */
export function idsOf(name: string, listing: Listing): string[] {
  const called = [...listing.names].flatMap(([id, one]) => (one === name ? [id] : []));
  const candidates = called.length > 0 ? called : bareIds(listing);
  return candidates.sort((a, b) => Number(b === name) - Number(a === name));
}

/**
 * The id that a rig of a name gets that does not exist.
 * @param left that of what is left of an earlier rig of that name
 * @throws GocliError CONFLICT when another rig is half way to that name
 */
export function idForNew(name: string, left: string | undefined, listing: Listing): string {
  requireUnclaimed(name, listing);
  if (left !== undefined) return left;
  const { containers, volumes } = listing;
  const isTaken =
    containers.some((one) => idAmong(one) === name) ||
    volumes.some(({ labels }) => labels[LABEL.cluster] === name);
  return isTaken ? anotherId(name) : name;
}

/**
 * A rename that was killed has left containers that bear the new name, while the rig has the old one.
 * @param own id of a rig that may have left them
 * @throws GocliError CONFLICT
 */
export function requireUnclaimed(name: string, { containers, names }: Listing, own?: string): void {
  for (const one of containers) {
    const id = idAmong(one);
    const called = id === undefined || id === own ? undefined : names.get(id);
    if (called === undefined || called === name || nameBorne(one) !== name) continue;
    const hint =
      poolOfName(called) === undefined
        ? `Finish that first: gocli rename ${called} ${name}`
        : `Remove it, whoever was to take it was killed: ${gocliCommand('rm', called)}`;
    const observed = `container ${one.name}`;
    throw new GocliError('CONFLICT', `cluster "${called}" was half way to the name "${name}"`, {
      observed,
      hint,
    });
  }
}
