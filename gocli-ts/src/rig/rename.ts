import { gocliCommand } from '../shared/command.ts';
import { GocliError, messageOf } from '../errors/error.ts';
import type { ContainerInfo, Docker } from '../place/interface.ts';
import { type RigDeps, notice } from './deps.ts';
import { lookUp, requireState } from './find.ts';
import { bearersAmong, idAmong, nameBorne, stateNamed, type Identity } from './identity.ts';
import { keysHere } from './keep-state.ts';
import { isKept, keptAmong, renameKept } from './kept-registry.ts';
import { kindOf } from './kind.ts';
import { decide, situationOf, type FoundRig } from './life.ts';
import { requireUnclaimed, type Listing } from './listing.ts';
import { partOf } from './parts.ts';
import { writeRecord, type RigRecord } from './record.ts';
import { refusal } from './refusal.ts';
import { requireImage } from './snapshot/restorable.ts';
import { renameSnapshot } from './snapshot/snapshots.ts';
import { snapshotsAmong, type Snapshot } from './snapshot/list.ts';
import { proveWritable, removeState, STATE_FILE, writeSecret, writeState, type RigState } from './state.ts';

/** A container, and what it is to be called. */
interface Renaming {
  readonly container: ContainerInfo;
  readonly name: string;
  /** What it is the keeper of. */
  readonly snapshot: Snapshot | undefined;
}

/**
 * Gives a rig another name, whether it runs or not: nothing of it is copied or restarted. The container that says what
 * the rig is called comes last. Until then it is called what it was, and to do the same again finishes it, whatever
 * ended it; afterwards the copy in the state folder says that there is something left to do, until {@link forgetCopy}.
 * Once something is changed no signal ends it.
 * @throws GocliError NOT_READY, NOT_FOUND (not as it is), CONFLICT (something else has the name, or a container),
 * IMAGE_MISSING (a stopped one waits for it), FILE, DISK_FULL
 */
export async function renameRig(found: FoundRig, to: string, deps: RigDeps): Promise<RigState> {
  decide('rename', found.name, found);
  const { containers } = await requireFreeName(to, found, deps);
  return giveName(found, to, containers, deps);
}

/**
 * Gives a rig a name that is free, whatever it is doing.
 * @param containers all that bear the name that it has, perhaps among others
 * @throws GocliError as {@link renameRig}
 */
export async function giveName(
  found: FoundRig,
  to: string,
  containers: readonly ContainerInfo[],
  deps: RigDeps,
): Promise<RigState> {
  const { docker, paths, signal } = deps;
  const from = found.name;
  const renamed = stateNamed(requireState(found), { id: found.id, name: to });
  const record = await recordOf(found, renamed, deps);
  // The keeper bears the name, and there is none that could be renamed.
  if (found.saved?.waits === true) await requireImage(found.saved.record.state, deps);
  const renamings = renamingsOf(found, to, containers);
  await requireFreeContainers(renamings, docker);
  await proveWritable(paths, to);
  signal.throwIfAborted();
  try {
    await removeState(paths, to);
    const written = record === undefined ? renamed : await writeAll(record, deps);
    for (const renaming of renamings) await renameOne(renaming, to, docker);
    // Before that it would pass for a stopped rig of its own.
    if (record === undefined) await writeState(paths, written);
    return written;
  } catch (error) {
    throw unfinished(error, from, to);
  }
}

/** The last of a rename: from now on nothing here tells what the rig was called. */
export async function forgetCopy(from: string, deps: RigDeps): Promise<void> {
  await removeState(deps.paths, from).catch((error: unknown) => {
    notice(deps, `What was known here of ${from} is left: ${messageOf(error)}.`, 'warning');
  });
}

interface Recording {
  readonly network: ContainerInfo;
  readonly record: RigRecord;
}

/**
 * The record of a rig under its new name, and the container that has it; undefined for a stopped one, which has none.
 * @throws GocliError NOT_READY when there should be one: it is of an earlier version, or its network container is gone
 */
async function recordOf(
  found: FoundRig,
  state: RigState,
  { paths, kinds }: RigDeps,
): Promise<Recording | undefined> {
  if (found.saved !== undefined) return undefined;
  const before = found.state;
  const network = partOf(found.containers, 'dnsmasq');
  if (network === undefined || before?.revision === undefined)
    throw refusal(situationOf(found), 'rename', found.name, before);
  const keys = await keysHere(before, { paths, kinds });
  const secrets = {
    [STATE_FILE.sshKey]: keys.sshPrivateKey,
    ...kindOf(kinds, state.plan.guest).keyFiles(state, keys),
  };
  return { network, record: { state, secrets } };
}

/** The record, and its copy: with a revision that is none of a rig as long as none is called so. */
async function writeAll({ network, record }: Recording, deps: RigDeps): Promise<RigState> {
  const { paths } = deps;
  const state = await writeRecord(network.id, record, deps);
  await writeState(paths, state);
  for (const [file, text] of Object.entries(record.secrets)) await writeSecret(paths, state.name, file, text);
  return state;
}

/** @throws GocliError CONFLICT */
async function requireFreeName(to: string, { id }: Identity, { docker, paths }: RigDeps): Promise<Listing> {
  const looked = await lookUp(docker, paths, to);
  const { found, listing } = looked;
  if (found !== undefined) {
    throw new GocliError('CONFLICT', `there is a cluster "${to}" already`, {
      hint: 'Choose another name: gocli ls lists those that are taken.',
    });
  }
  requireUnclaimed(to, listing, id);
  if (looked.id === undefined) return listing;
  const kept = keptAmong(listing.containers).some(({ rig }) => rig === looked.id);
  const observed = kept
    ? 'what the registry of a cluster of that name stored is kept'
    : 'snapshots of a cluster of that name are there';
  const remove = kept ? gocliCommand('rm', to) : `gocli snapshot ls --name ${to}`;
  throw new GocliError('CONFLICT', `the name "${to}" is not free`, {
    observed,
    hint: `Choose another name, or remove ${kept ? 'that' : 'them'}: ${remove}`,
  });
}

/** What is called otherwise than it should be; what decides comes last. */
function renamingsOf({ id }: Identity, to: string, containers: readonly ContainerInfo[]): Renaming[] {
  const own = containers.filter((one) => idAmong(one) === id);
  const snapshots = snapshotsAmong(own);
  return bearersAmong(own)
    .reverse()
    .flatMap((container) => {
      const name = `${to}${container.name.slice((nameBorne(container) ?? '').length)}`;
      const snapshot = snapshots.find(({ keeper }) => keeper === container.id);
      return name === container.name ? [] : [{ container, name, snapshot }];
    });
}

/** Containers need not be gocli's. @throws GocliError CONFLICT */
async function requireFreeContainers(renamings: readonly Renaming[], docker: Docker): Promise<void> {
  const holders = await Promise.all(renamings.map(({ name }) => docker.containers.inspect(name)));
  const taken = holders.find((one) => one !== undefined);
  if (taken === undefined) return;
  throw new GocliError('CONFLICT', `a container is called ${taken.name} already`, {
    hint: 'Choose another name, or remove the container if nobody needs it.',
  });
}

async function renameOne({ container, name, snapshot }: Renaming, to: string, docker: Docker): Promise<void> {
  if (isKept(container)) await renameKept(docker, container, name);
  else if (snapshot === undefined) await docker.containers.rename(container.id, name);
  else await renameSnapshot(docker, snapshot, to);
}

function unfinished(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof GocliError)) return error;
  const { code, message, observed, exitCode } = error;
  const hint = `${error.hint === undefined ? '' : `${error.hint} `}Nothing is lost; finish it: gocli rename ${from} ${to}`;
  return new GocliError(code, message, { observed, exitCode, cause: error, hint });
}
