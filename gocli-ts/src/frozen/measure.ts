import { z } from 'zod';
import type { Docker } from '../place/interface.ts';
import { GocliError } from '../errors/error.ts';
import { FROZEN, frozenFiles } from './frozen-files.ts';
import type { FrozenMachine } from './manifest.ts';
import { templateMount } from './templates.ts';
import { runTool, type ToolRun } from './tool.ts';

export type MachineFiles = Pick<FrozenMachine, 'state' | 'ram'>;

/** Of one machine per line: bytes and sum of the state; bytes, blocks and sum of the memory. */
const lineSchema = z.tuple([
  z.coerce.number().int(),
  z.string().length(64),
  z.coerce.number().int(),
  z.coerce.number().int(),
  z.string().length(64),
]);

/** Waits until a folder of frozen machines has reached the disk, since blocks are final only then. */
const SCRIPT = `set -eu
sync -f ${FROZEN}
while [ $# -gt 0 ]; do
  state=$(sha256sum "$1")
  ram=$(sha256sum "$2")
  echo "$(stat -c %s "$1") \${state%% *} $(stat -c '%s %b' "$2") \${ram%% *}"
  shift 2
done`;

/**
 * Brings the files of frozen machines to the disk and measures them.
 * @param container a running container that has their volume
 * @throws GocliError COMMAND; the signal's reason
 */
export async function measureFiles(
  docker: Docker,
  container: string,
  machines: readonly string[],
  signal: AbortSignal,
): Promise<MachineFiles[]> {
  const argv = ['sh', '-c', SCRIPT, 'measure', ...pathsOf(machines)];
  const { exitCode, stdout, stderr } = await docker.containers.exec(container, argv, { signal });
  return parse(exitCode, exitCode === 0 ? stdout : stderr);
}

/** The same in a container of its own, for a volume that no running container has. */
export async function measureInTool(
  docker: Docker,
  {
    id,
    image,
    labels,
    names,
  }: Pick<ToolRun, 'image' | 'labels'> & { readonly id: string; readonly names: readonly string[] },
  signal: AbortSignal,
): Promise<MachineFiles[]> {
  const mounts = [templateMount(id, 'read')];
  const tool = {
    name: `gocli-measure-${id}`,
    image,
    labels,
    mounts,
    script: SCRIPT,
    arguments: pathsOf(names),
  };
  const { exitCode, output } = await runTool(docker, tool, signal);
  return parse(exitCode, output);
}

function pathsOf(machines: readonly string[]): string[] {
  return machines.flatMap((machine) => {
    const { state, ram } = frozenFiles(machine);
    return [state, ram];
  });
}

function parse(exitCode: number, output: string): MachineFiles[] {
  if (exitCode !== 0) {
    throw new GocliError('COMMAND', 'the files of the frozen machines cannot be measured', {
      observed: output,
    });
  }
  const lines = output.trim().split('\n');
  return lines.map((line) => {
    const [stateBytes, stateSum, ramBytes, blocks, ramSum] = lineSchema.parse(line.trim().split(' '));
    return {
      state: { bytes: stateBytes, sha256: stateSum },
      ram: { bytes: ramBytes, sha256: ramSum, blocks },
    };
  });
}
