import { LABEL } from '../place/labels.ts';
import { GocliError } from '../errors/error.ts';
import type { Labels } from '../place/interface.ts';
import { gocliCommand } from '../shared/command.ts';
import { lookUp } from './find.ts';
import { isAside } from './names.ts';
import type { Identity } from './identity.ts';
import { forgetKept, isTaken, keepRegistry, type KeptRegistry } from './kept-registry.ts';
import { isOfMachines, type Listing } from './listing.ts';
import type { Snapshot } from './snapshot/list.ts';
import { stateNames } from './state.ts';
import type { RigDeps } from './deps.ts';

/** What becomes of what the registry of a rig stores, or one before it did, when the rig is removed. */
export interface Settled {
  readonly kept: boolean;
  readonly bytes: number;
}

/** What is known of a rig that is to be removed. */
export interface Going {
  readonly rig: Identity;
  readonly listing: Listing;
  /** What it was saved as when it was stopped. */
  readonly stopped: readonly Snapshot[];
  /** What was kept of registries under its id. */
  readonly before: readonly KeptRegistry[];
}

type Deps = Parameters<typeof keepRegistry>[3] & Pick<RigDeps, 'paths'>;

/** What is to be done, and whether the volume stays for it. */
export interface Settling {
  readonly stays: boolean;
  /** Does it, before anything of the rig goes; null when there is nothing to tell. */
  settle(): Promise<Settled | null>;
}

/**
 * Decides it, and changes nothing yet. What was kept stays until a later rig was Ready with it, or until nothing else is
 * there of the name that is removed.
 * @param keep whether the rig's own is to be kept
 * @throws GocliError NOT_READY (a restore was not finished, so that it is not clear what it stores)
 */
export async function settling(going: Going, keep: boolean, deps: Deps): Promise<Settling> {
  const { rig, listing, before } = going;
  const { docker } = deps;
  if (keep && listing.containers.some((one) => isAside(one) && isOf(rig, one))) throw unclear(rig.name);
  if (!keep && before.length === 0) return { stays: false, settle: () => Promise.resolve(null) };
  // Of one that is damaged nobody can say that it was Ready.
  const { found } = await lookUp(docker, deps.paths, rig.name).catch(() => ({ found: undefined }));
  const state = found?.id === rig.id ? found.state : undefined;
  const waiting = before.find((one) => !isTaken(one, state));
  if (waiting !== undefined && (keep || (await isAnythingThere(going, deps))))
    return { stays: true, settle: () => Promise.resolve({ kept: true, bytes: waiting.bytes }) };
  if (keep) {
    const runs = [state, ...going.stopped.map(({ record }) => record.state)].flatMap((one) => one?.run ?? []);
    const settle = async (): Promise<Settled | null> => {
      const bytes = await keepRegistry(rig, listing, { before, runs }, deps);
      return bytes === undefined ? null : { kept: true, bytes };
    };
    return { stays: true, settle };
  }
  const settle = async (): Promise<Settled | null> => {
    for (const one of before) await forgetKept(one, docker);
    return waiting === undefined ? null : { kept: false, bytes: waiting.bytes };
  };
  return { stays: false, settle };
}

/** Whether anything is there of a name but what is kept, and snapshots. */
async function isAnythingThere(
  { rig, listing: { containers, volumes }, stopped }: Going,
  { paths }: Deps,
): Promise<boolean> {
  if (stopped.length > 0 || containers.some((one) => isOf(rig, one))) return true;
  if (volumes.some((one) => isOfMachines(one) && isOf(rig, one))) return true;
  return (await stateNames(paths)).includes(rig.name);
}

function isOf({ id }: Identity, { labels }: { readonly labels: Labels }): boolean {
  return labels[LABEL.cluster] === id;
}

function unclear(name: string): GocliError {
  return new GocliError('NOT_READY', `what the registry of "${name}" stores cannot be kept now`, {
    observed: 'a restore of it was not finished: part of what it stored lies aside',
    hint: `Let what ran before go on (${gocliCommand('resume', name)}), then try again`,
  });
}
