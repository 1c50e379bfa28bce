import { randomBytes } from 'node:crypto';
import type { Docker } from '../../place/interface.ts';
import { GocliError, isCode, messageOf } from '../../errors/error.ts';
import type { Steps } from '../../events/steps.ts';
import type { MachineHandle } from '../../frozen/migration.ts';
import { writeAttachment } from '../../frozen/templates.ts';
import { frozenFiles } from '../../frozen/frozen-files.ts';
import { resumeMachines, saveMachines, type SaveOptions } from '../../frozen/save.ts';
import type { SavedState } from '../../frozen/thaw.ts';
import { allOf } from '../../shared/all.ts';
import { inTime } from '../../waiting/in-time.ts';
import { REGISTRY_USER } from '../container-specs.ts';
import { type RigDeps, notice } from '../deps.ts';
import { requireState } from '../find.ts';
import type { FoundRig } from '../life.ts';
import { inside } from '../inside.ts';
import { holdRegistry, releaseRegistry } from './held-registry.ts';
import { keysHere, withoutRevision } from '../keep-state.ts';
import { restoreSecrets } from '../lost-secrets.ts';
import { machinesIn } from '../parts.ts';
import { publishSnapshot, removeFiles, retractSnapshot } from './snapshots.ts';
import { listSnapshots, snapshotFolder, type SnapshotRecord } from './list.ts';
import { markFiles } from './marks.ts';
import { gocliCommand } from '../../shared/command.ts';

/** Milliseconds for machines to go on after all: nothing in it waits for the guest but its agent. */
const GO_ON_MS = 60_000;

export interface SnapshotRequest {
  readonly name: string;
  readonly kind: SnapshotRecord['kind'];
}

/**
 * Saves one moment of a running cluster: memory, devices and disks of all machines, and what its registry stores.
 * Everything stands still meanwhile. A cluster that is being stopped does not go on afterwards.
 * @throws GocliError REMOTE_COMMAND, COMMAND, DISK_FULL
 */
export async function createSnapshot(
  found: FoundRig,
  { name, kind }: SnapshotRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<SnapshotRecord> {
  const state = requireState(found);
  const machines = machinesIn(found);
  const id = randomBytes(6).toString('hex');
  return steps.run('save', 'Saving memory, disks and registry', async () => {
    let record: SnapshotRecord | undefined;
    try {
      const goesOn = kind === 'snapshot';
      const saved = await saveAll(found, { folder: snapshotFolder(id), goOn: goesOn }, deps);
      // That of a rig which is stopped takes nothing any more: it would be lost.
      if (goesOn) await releaseRegistry(found, deps);
      record = {
        format: 1,
        kind,
        name,
        id,
        createdAt: deps.clock.now(),
        saved,
        state: withoutRevision(state),
      };
      if (goesOn) record.marks = await markFiles(record, machines[0], deps.docker);
      await publishSnapshot(deps.docker, record);
      return record;
    } catch (error) {
      await withdraw(found, { id, record }, deps).catch((failure: unknown) => {
        const text = `The cluster may not run on after that (${messageOf(failure)}). Type: ${gocliCommand('status', found.name)}`;
        notice(deps, text, 'warning');
      });
      throw isCode(error, 'NOT_READY') ? withWayBack(error, found) : error;
    }
  });
}

/** Machines that were never loaded cannot be saved. */
function withWayBack({ code, message, observed }: GocliError, { name, state }: FoundRig): GocliError {
  // Without a record it was never Ready.
  const hint =
    state?.revision === undefined
      ? `Replace it: ${gocliCommand('rm', name)}`
      : `Boot its machines from their disks: ${gocliCommand('start', name)}`;
  return new GocliError(code, message, { observed, hint });
}

/** Saves machines and registry into a folder. The registry stands still when it is over, whatever came of it. */
async function saveAll(
  found: FoundRig,
  { folder, goOn }: Pick<SaveOptions, 'folder' | 'goOn'>,
  deps: RigDeps,
): Promise<SavedState> {
  const { docker, signal } = deps;
  const machines = machinesIn(found);
  const { disk } = requireState(found).plan.guest;
  // What cannot be saved is refused while everything runs.
  const before = async (): Promise<void> => {
    const keys = await keysToKeep(found, deps);
    const others = await inside(docker, machines[0], MAKE_FOLDER, [folder]);
    await removeUnfinished(found, others, folder, docker);
    await writeAttachment(docker, machines[0]?.container ?? '', folder, keys);
    await holdRegistry(found, deps);
  };
  const meanwhile = (): Promise<void> => copyData(machines, disk, folder, docker);
  return await saveMachines(machines, { folder, goOn, before, meanwhile }, deps, signal);
}

/**
 * After a failure: a cluster that was to be stopped goes on, but never beside a saved state that would pass for the
 * newer one; and what is half saved takes gigabytes, and nobody would find it.
 * @param unpublished its record, when all was saved and only the publication failed
 */
async function withdraw(
  found: FoundRig,
  { id, record }: Pick<SnapshotRecord, 'id'> & { readonly record: SnapshotRecord | undefined },
  deps: RigDeps,
): Promise<void> {
  const machines = machinesIn(found);
  await releaseRegistry(found, deps);
  if (record !== undefined) await retractSnapshot(deps.docker, record);
  // Those that could not be saved go on already.
  if (record?.kind === 'stopped') {
    // Ctrl-C must not keep them from it.
    const bounds = { signal: undefined, timeoutMs: GO_ON_MS };
    await inTime('the machines go on', bounds, (signal) => resumeMachines(machines, deps, signal));
  }
  await removeFiles(machines[0], { id, state: requireState(found) }, deps.docker);
}

/** Makes the folder of a snapshot, and names those of which no copy of a keeper is there. */
const MAKE_FOLDER = `umask 007; mkdir -p "$1"; cd "$1/.."
for id in *; do
  case $id in *.removed) continue ;; esac
  set -- /data/keepers/*-snapshot-"$id".json
  [ -s "$1" ] || echo "$id"
done`;

/**
 * Removes what saves left that were killed: nobody else finds it, and it takes gigabytes.
 * @param others names of folders, one a line; those of snapshots of earlier versions among them, which have a keeper
 */
async function removeUnfinished(
  found: FoundRig,
  others: string,
  folder: string,
  docker: RigDeps['docker'],
): Promise<void> {
  const ids = others.split('\n').filter((id) => id !== '' && snapshotFolder(id) !== folder);
  if (ids.length === 0) return;
  const known = new Set((await listSnapshots(docker, found.id)).map(({ record }) => record.id));
  const state = requireState(found);
  for (const id of ids) if (!known.has(id)) await removeFiles(machinesIn(found)[0], { id, state }, docker);
}

/**
 * The variable is the machine's own (machine/container.ts): what it runs on may lie in the volume of a template that was
 * never made. No disk is an error, as a save without it is worth nothing.
 */
const COPY_DISK = `umask 007; cp --sparse=always "\${GOCLI_DISK:?the machine names no disk}" "$1"`;

async function copyData(
  machines: readonly MachineHandle[],
  disk: boolean,
  folder: string,
  docker: Docker,
): Promise<void> {
  const disks = (disk ? machines : []).map((machine) =>
    inside(docker, machine, COPY_DISK, [frozenFiles(machine.node, folder).disk]),
  );
  const data = inside(docker, machines[0], 'cp -a /data/registry "$1/registry"', [folder], REGISTRY_USER);
  await allOf([...disks, data]);
}

/** Keys and certificates as text, so that the rig can come back after it was removed. */
async function keysToKeep(found: FoundRig, deps: RigDeps): Promise<string> {
  const state = requireState(found);
  await restoreSecrets(state, found.containers, deps);
  return JSON.stringify(await keysHere(state, deps));
}
