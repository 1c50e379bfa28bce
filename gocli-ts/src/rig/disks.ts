import { GocliError } from '../errors/error.ts';
import { frozenFiles } from '../frozen/frozen-files.ts';
import { templateMount, templateVolume } from '../frozen/templates.ts';
import type { Docker } from '../place/interface.ts';
import { runTool } from '../frozen/tool.ts';
import { nodeName } from '../network/addresses.ts';
import { LABEL } from '../place/labels.ts';
import type { RigDeps } from './deps.ts';
import { idOfState } from './identity.ts';
import { machineDisk, machinesMount } from './machine-files.ts';
import type { RigState } from './state.ts';

/**
 * Says of the first disk that is not good what is wrong. The arguments are pairs: a machine's own disk, and the one that
 * stands for it where it was not made yet, or nothing. Prints `${OVER}` when there is an own one. qemu-img check ends with
 * 3 for clusters that are only lost.
 */
const OVER = 'over';
const CHECK = `over=
while [ $# -gt 0 ]; do
  disk=$1
  if [ -e "$disk" ]; then over=${OVER}; elif [ -n "$2" ]; then disk=$2; fi
  [ -e "$disk" ] || { echo "$disk is not there"; exit 4; }
  found=$(qemu-img check -q -f qcow2 "$disk" 2>&1) || [ $? = 3 ] || { echo "$disk: $found"; exit 5; }
  shift 2
done
echo "$over"`;

/**
 * Looks at the disks of machines that do not run: a power cut may have left them in any state, since what a guest writes
 * is not forced to the disk. Those of a rig that was frozen for a template lie in the volume of that until it goes on as a
 * clone; from then on over them, and the own disk of one machine proves that for all: they are made at the same time.
 * @returns the state with `template` or `building`, as the disks are found
 * @throws GocliError NOT_FOUND, COMMAND
 */
export async function checkDisks(state: RigState, { docker, run, signal }: RigDeps): Promise<RigState> {
  const { guest, host } = state.plan;
  if (!guest.disk) return onDisks(state, true);
  const { template, building } = state;
  const below = building ?? template;
  if (below !== undefined) await requireTemplate(state, below, docker);
  const rig = idOfState(state);
  const names = Array.from({ length: guest.nodes }, (_, at) => nodeName(at + 1));
  const disks = names.flatMap((node) => [
    machineDisk(node),
    building === undefined ? '' : frozenFiles(node).disk,
  ]);
  const { exitCode, output } = await runTool(
    docker,
    {
      name: `gocli-check-${run}`,
      image: host.imageId,
      // Whoever replaces the machines removes it, too, should this process be killed.
      labels: { [LABEL.cluster]: rig, [LABEL.run]: run },
      mounts: [machinesMount(rig), ...(below === undefined ? [] : [templateMount(below, 'read')])],
      script: CHECK,
      arguments: disks,
    },
    signal,
  );
  if (exitCode === 0) return onDisks(state, output.includes(OVER));
  const missing = exitCode === 4;
  throw new GocliError(
    missing ? 'NOT_FOUND' : 'COMMAND',
    `the disks of cluster "${state.name}" cannot be used`,
    {
      observed: output.trim(),
      hint: 'A snapshot of it, if there is one, can still be restored: gocli snapshot ls',
    },
  );
}

/** A container that mounts it would make it anew, and empty. @throws GocliError NOT_FOUND */
async function requireTemplate({ name }: RigState, id: string, docker: Docker): Promise<void> {
  const volume = templateVolume(id);
  const there = await docker.volumes.list({ [LABEL.role]: 'template' });
  if (there.some((one) => one.name === volume)) return;
  throw new GocliError('NOT_FOUND', `the disks of cluster "${name}" cannot be used`, {
    observed: `the volume that they lie over was removed: ${volume}`,
    hint: 'A snapshot of it, if there is one, can still be restored: gocli snapshot ls',
  });
}

function onDisks(state: RigState, over: boolean): RigState {
  const { building } = state;
  if (building === undefined) return state;
  const rest = { ...state };
  delete rest.building;
  delete rest.template;
  return over ? { ...rest, template: building } : { ...rest, building };
}
