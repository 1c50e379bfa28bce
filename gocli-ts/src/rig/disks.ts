import { GocliError } from '../errors/error.ts';
import { frozenFiles } from '../frozen/files.ts';
import { templateMount } from '../frozen/templates.ts';
import { runTool } from '../frozen/tool.ts';
import { nodeName } from '../network/addresses.ts';
import { LABEL } from '../place/labels.ts';
import type { RigDeps } from './deps.ts';
import { idOfState } from './identity.ts';
import { machineDisk, machinesMount } from './machine-files.ts';
import type { RigState } from './state.ts';

/** Says of the first disk that is not good what is wrong. qemu-img check ends with 3 for clusters that are only lost. */
const CHECK = `for disk; do
  [ -e "$disk" ] || { echo "$disk is not there"; exit 4; }
  found=$(qemu-img check -q -f qcow2 "$disk" 2>&1) || [ $? = 3 ] || { echo "$disk: $found"; exit 5; }
done`;

/**
 * Looks at the disks of machines that do not run: a power cut may have left them in any state, since what a guest writes
 * is not forced to the disk.
 * @throws GocliError NOT_FOUND, COMMAND
 */
export async function checkDisks(state: RigState, { docker, run, signal }: RigDeps): Promise<void> {
  const { guest, host } = state.plan;
  if (!guest.disk) return;
  const { template, building } = state;
  const below = building ?? template;
  const rig = idOfState(state);
  const names = Array.from({ length: guest.nodes }, (_, at) => nodeName(at + 1));
  const disks = names.map((node) => (building === undefined ? machineDisk(node) : frozenFiles(node).disk));
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
  if (exitCode === 0) return;
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
