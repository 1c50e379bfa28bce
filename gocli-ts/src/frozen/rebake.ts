import { Monitor } from '../machine/monitor.ts';
import { All } from '../shared/all.ts';
import type { FrozenDeps } from './freeze.ts';
import { migrationEnd, setCapabilities, setMigration, type MachineHandle } from './migration.ts';
import type { SavedState } from './thaw.ts';

/**
 * Loads whole state into waiting machines whose memory lies in files, and saves it again without that memory: the files
 * are then those of a template. The machines do not run in between, and end.
 * @param target where the state of a machine goes to
 * @returns the version of qemu
 */
export async function rebake(
  machines: readonly MachineHandle[],
  saved: SavedState,
  target: (node: string) => string,
  { docker, clock }: FrozenDeps,
  signal: AbortSignal,
): Promise<string> {
  await using monitors = await All.open(machines, ({ container, node }) =>
    Monitor.open(docker, container, node, signal),
  );
  await monitors.each(async (monitor, index) => {
    const node = machines[index]?.node ?? '';
    await setMigration(monitor, saved, signal);
    const uri = `file:${saved.machines[index]?.file ?? ''}`;
    await monitor.execute('migrate-incoming', { uri }, signal);
    await migrationEnd(monitor, `load the state of ${node}`, clock, signal);
    await setCapabilities(monitor, saved.capabilities, signal, false);
    await setCapabilities(monitor, ['x-ignore-shared'], signal);
    await monitor.execute('migrate', { uri: `file:${target(node)}` }, signal);
    await migrationEnd(monitor, `save the state of ${node}`, clock, signal);
    await monitor.execute('quit', {}, signal);
  });
  await Promise.all(machines.map(({ container }) => docker.containers.wait(container, signal)));
  return saved.qemu;
}
