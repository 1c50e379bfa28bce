import { isDeepStrictEqual } from 'node:util';
import { GocliError, isCode, messageOf } from '../../errors/error.ts';
import type { Steps } from '../../events/steps.ts';
import { allOf } from '../../shared/all.ts';
import { gocliCommand } from '../../shared/command.ts';
import { networkFiles, type RigLayout } from '../container-specs.ts';
import { type RigDeps, notice } from '../deps.ts';
import { keepEvidence } from '../evidence.ts';
import { findRig, requireState } from '../find.ts';
import { readMemory, wantedBytes } from '../host-memory.ts';
import { keepState } from '../keep-state.ts';
import { isAwakeOrPaused, type FoundRig } from '../life.ts';
import { tellAround } from '../around.ts';
import { innerOf } from '../published-ports.ts';
import { goOnThawed, writeAccess } from '../start/go-on.ts';
import { startNodes, type Launched } from '../start/launch.ts';
import { proveWritable, writeState, type RigState } from '../state.ts';
import { pauseRig, resumeRig } from '../pause.ts';
import { stopRig } from '../stop.ts';
import { limitedAgain, readyAt } from '../time-limit.ts';
import { putAside, putBack, removeAside, requirePart, settleAside, withAside } from './aside.ts';
import { exchangeContent } from './kept-files.ts';
import { snapshotFolder, stoppedSaves, type Snapshot } from './list.ts';
import { checkRestore, type RestoreRequest, type Restoring } from './restorable.ts';
import { forgetSaves, restoreSnapshot } from './restore.ts';

/**
 * Puts a cluster back as it was when the snapshot was taken, like {@link restoreSnapshot}, and loses nothing of what runs
 * under that name until then: it stands still beside the new machines until those are seen Ready, and goes on when they
 * are not. Where both cannot be there at once it is saved first, as `stop` does it.
 * @throws GocliError what {@link restoreSnapshot} and {@link stopRig} throw
 */
export async function replaceBySnapshot(
  snapshot: Snapshot,
  request: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  const { docker, paths } = deps;
  // What nobody can read any more is replaced, but not what this time could not be asked for.
  const found = await findRig(docker, paths, snapshot.cluster).catch((error: unknown) => {
    if (!isCode(error, 'BAD_FILE')) throw error;
  });
  const settled = found?.aside === undefined ? found : await settleAside(found, deps);
  if (settled?.id !== snapshot.rig || !isAwakeOrPaused(settled))
    return restoreSnapshot(snapshot, request, steps, deps);
  await proveWritable(paths, snapshot.cluster);
  const restoring = await checkRestore(snapshot, request, deps);
  const why = await whyNotBeside(settled, restoring.layout, deps);
  if (why === undefined) return restoreBeside(settled, snapshot, restoring, request, steps, deps);
  notice(deps, `What runs is saved first, since ${why}.`);
  await saveFirst(settled, steps, deps);
  return restoreSnapshot(snapshot, request, steps, deps);
}

/** Why two sets of machines cannot share the network that is there; undefined when they can. */
async function whyNotBeside(
  found: FoundRig,
  layout: RigLayout,
  { kinds }: RigDeps,
): Promise<string | undefined> {
  const { plan, ports, revision } = requireState(found);
  // That of an earlier version has its disks elsewhere, and no record that could say whose the cluster is.
  if (revision === undefined) return 'it is of an earlier version of gocli';
  const now: RigLayout = { ...layout, plan, ports, ...innerOf(plan, kinds) };
  const networkOf = (one: RigLayout): unknown => [one.plan.host.imageId, one.ports, networkFiles(one)];
  if (!isDeepStrictEqual(networkOf(now), networkOf(layout)))
    return 'the snapshot has another network or other ports';
  const { available } = await readMemory();
  return wantedBytes(layout.plan.guest) > available ? 'memory is short for both' : undefined;
}

async function saveFirst(found: FoundRig, steps: Steps, deps: RigDeps): Promise<void> {
  if (found.state?.paused === true) await resumeRig(found, deps);
  const awake = await findRig(deps.docker, deps.paths, found.name);
  await stopRig(awake ?? found, steps, deps);
}

async function restoreBeside(
  found: FoundRig,
  snapshot: Snapshot,
  restoring: Restoring,
  request: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  const ran = found.state?.paused !== true;
  let ready: RigState;
  try {
    ready = await thawBeside(found, snapshot, restoring, request, steps, deps);
  } catch (error) {
    throw await afterFailure(error, found, { snapshot, ran }, deps);
  }
  try {
    await removeAside(await withAside(found, deps.docker), deps);
    await forgetSaves(await stoppedSaves(deps.docker, found.id), deps);
  } catch (error) {
    const text = `What ran before could not be removed (${messageOf(error)}). Type: ${gocliCommand('resume', found.name)}`;
    notice(deps, text, 'warning');
  }
  return tellAround(ready, request, deps);
}

/** Starts the machines of the snapshot beside those that are put aside; from the record on they are the cluster. */
async function thawBeside(
  found: FoundRig,
  { record }: Snapshot,
  { layout, state, keys }: Restoring,
  { timeoutMs }: RestoreRequest,
  steps: Steps,
  deps: RigDeps,
): Promise<RigState> {
  const folder = snapshotFolder(record.id);
  const origin = { kind: 'restore', folder, template: state.template } as const;
  const network = requirePart(found, 'dnsmasq');
  const registry = requirePart(found, 'registry');
  const launched = await steps.run('containers', 'Starting the containers', async (): Promise<Launched> => {
    if (found.state?.paused !== true) await pauseRig(found, deps);
    await putAside(found, layout.plan.guest.nodes, deps);
    const [nodes] = await allOf([
      startNodes(layout, network, origin, deps),
      writeState(deps.paths, state),
      writeAccess(keys, state, deps),
    ]);
    return { network, registry, nodes };
  });
  const before = (): Promise<void> => exchangeContent(registry, folder, deps.docker);
  const start = { state, layout, launched, saved: record.saved, keys, timeoutMs, before };
  await goOnThawed(start, steps, deps, deps.signal);
  // A command that only looked may have brought those of the record back meanwhile.
  await writeAccess(keys, state, deps);
  const now = deps.clock.now();
  // A limit that was asked for after the snapshot holds.
  const ready = limitedAgain(readyAt(state, now), requireState(found).plan.host, now);
  return keepState(ready, deps).catch(async (error: unknown) => {
    // A busy daemon may have done it without an answer: then there is no way back from what the record says.
    const known = await findRig(deps.docker, deps.paths, found.name).catch(() => undefined);
    if (known?.state?.readyAt !== undefined && known.state.run === state.run) return known.state;
    throw error;
  });
}

/** What ran before goes on; a signal does not keep it from that. @returns the error that says so */
async function afterFailure(
  error: unknown,
  found: FoundRig,
  { snapshot, ran }: { readonly snapshot: Snapshot; readonly ran: boolean },
  deps: RigDeps,
): Promise<unknown> {
  const { name } = found;
  const again = `Try again: ${gocliCommand('snapshot restore', name, snapshot.name)}`;
  const own = { ...deps, signal: new AbortController().signal };
  let left = `The cluster ${ran ? 'runs on' : 'is paused'} as before, and the snapshot is kept. ${again}`;
  try {
    await goBack(found, ran, own, deps.signal.aborted);
  } catch (failure) {
    left = `What ran before stands still (${messageOf(failure)}). Type: ${gocliCommand('resume', name)}`;
  }
  if (deps.signal.aborted || !(error instanceof GocliError)) {
    notice(deps, `The snapshot was not restored. ${left}`, 'warning');
    return error;
  }
  const { code, message, observed, exitCode } = error;
  return new GocliError(code, message, { observed, exitCode, cause: error, hint: left });
}

async function goBack(found: FoundRig, ran: boolean, deps: RigDeps, aborted: boolean): Promise<void> {
  const { docker, paths } = deps;
  if (!aborted) await keepEvidence(found, deps);
  const now = await withAside(found, docker);
  if (now.aside !== undefined && now.aside.length > 0) await putBack(now, deps);
  // This brings the copy in the state folder back, too.
  const again = await findRig(docker, paths, found.name);
  if (ran && again?.state?.paused === true) await resumeRig(again, deps);
}
