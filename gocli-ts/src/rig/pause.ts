import { pauseMachines, resumeMachines } from '../frozen/save.ts';
import { type RigDeps, notice } from './deps.ts';
import { requireState } from './find.ts';
import { decide, isMeantByAll, type FoundRig } from './life.ts';
import { settleAside } from './snapshot/aside.ts';
import { machinesIn } from './parts.ts';
import { keepState } from './keep-state.ts';
import { writeLate } from './start/starting.ts';
import { proveWritable } from './state.ts';
import { allOf } from '../shared/all.ts';
import { gocliCommand } from '../shared/command.ts';

/** Holds all processors of a cluster; returns the milliseconds between the first and the last machine. */
export async function pauseRig(found: FoundRig, deps: RigDeps): Promise<number> {
  decide('pause', found.name, found);
  const state = requireState(found);
  await proveWritable(deps.paths, found.name);
  // First, so that machines never stand still of which nobody knows: to resume one that runs does no harm.
  await keepState({ ...state, paused: true }, deps);
  try {
    return await pauseMachines(machinesIn(found), deps, deps.signal);
  } catch (error) {
    await writeLate(state, 'runs on', gocliCommand('resume', found.name), deps);
    throw error;
  }
}

/** Lets a paused cluster go on, at the right time; also one whose save was killed, which left its registry held. */
export async function resumeRig(found: FoundRig, deps: RigDeps): Promise<void> {
  decide('resume', found.name, found);
  if (found.aside !== undefined) {
    const settled = await settleAside(found, deps);
    return isMeantByAll('pause', settled) ? undefined : resumeRig(settled, deps);
  }
  const state = requireState(found);
  await proveWritable(deps.paths, found.name);
  // A save that was killed leaves the registry so.
  const held = found.containers.filter((one) => one.state === 'paused');
  await allOf(held.map(({ id }) => deps.docker.containers.unpause(id)));
  const late = await resumeMachines(machinesIn(found), deps, deps.signal);
  for (const node of late) {
    const look = gocliCommand('status', found.name);
    const text = `${node} goes on, but its agent (qemu-guest-agent) did not set the clock, which is right within 30 s by NTP. Look at it: ${look}`;
    notice(deps, text, 'warning');
  }
  const resumed = { ...state };
  delete resumed.paused;
  delete resumed.pooled;
  await keepState(resumed, deps);
}
