import type { Docker } from '../place/interface.ts';
import { GocliError } from '../errors/error.ts';
import type { MachineHandle } from '../frozen/migration.ts';

/** Runs a shell script in the container of a machine; returns what it prints. @throws GocliError COMMAND, DISK_FULL */
export async function inside(
  docker: Docker,
  machine: MachineHandle | undefined,
  script: string,
  parameters: readonly string[],
  user?: string,
): Promise<string> {
  if (machine === undefined) throw new GocliError('INTERNAL', 'a cluster without machines');
  const argv = ['sh', '-c', script, 'sh', ...parameters];
  const options = user === undefined ? {} : { user };
  const { exitCode, stdout, stderr } = await docker.containers.exec(machine.container, argv, options);
  if (exitCode === 0) return stdout;
  const full = stderr.includes('No space left');
  throw new GocliError(full ? 'DISK_FULL' : 'COMMAND', `the data of ${machine.node} cannot be copied`, {
    observed: stderr.trim(),
  });
}
