import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import type { Monitor } from '../machine/monitor.ts';
import type { Clock } from '../shared/clock.ts';

/** A machine in its container. */
export interface MachineHandle {
  readonly container: string;
  readonly node: string;
}

/** Milliseconds between two looks; saving and loading devices takes 5 to 25 ms. */
const POLL_MS = 4;

const infoSchema = z.object({ status: z.string().default('none'), 'error-desc': z.string().optional() });

/** Where a migration does not go on from (QMP `MigrationStatus`). */
const OVER = ['none', 'completed', 'failed', 'cancelled'];

/**
 * How state is saved (QMP `MigrationCapability`). `x-ignore-shared`: memory in a shared file is left where it is.
 * `mapped-ram`: every page has its place in the file, so that `multifd` can save and load with several threads.
 */
export type Capability = 'x-ignore-shared' | 'mapped-ram' | 'multifd';

/** Turns migration capabilities on, or off (QMP `migrate-set-capabilities`). */
export async function setCapabilities(
  monitor: Monitor,
  names: readonly Capability[],
  signal: AbortSignal,
  state = true,
): Promise<void> {
  const capabilities = names.map((capability) => ({ capability, state }));
  await monitor.execute('migrate-set-capabilities', { capabilities }, signal);
}

/** Threads that save or load one machine. Measured with 1.1 GB on two cores: 0.7 s, and 1.6 s with two. */
const CHANNELS = 4;

/** Sets how state is loaded or saved next; without a bound on the bandwidth, which is for networks. */
export async function setMigration(
  monitor: Monitor,
  { capabilities, direct }: { readonly capabilities: readonly Capability[]; readonly direct: boolean },
  signal: AbortSignal,
): Promise<void> {
  await setCapabilities(monitor, capabilities, signal);
  const parameters = { 'max-bandwidth': 0, 'multifd-channels': CHANNELS, 'direct-io': direct };
  await monitor.execute('migrate-set-parameters', parameters, signal);
}

/**
 * Waits until saving or loading is over.
 * @throws GocliError REMOTE_COMMAND with qemu's own words
 */
export async function migrationEnd(
  monitor: Monitor,
  what: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const info = infoSchema.parse(await monitor.execute('query-migrate', {}, signal));
    if (info.status === 'completed') return;
    if (info.status === 'failed' || info.status === 'cancelled') {
      throw new GocliError('REMOTE_COMMAND', `qemu cannot ${what}`, {
        observed: info['error-desc'] ?? `status ${info.status}`,
      });
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/**
 * Ends a save that may be under way: while it is, `cont` lets the machine run, but at its end qemu stops it again. It is
 * left to end by itself for a while, since a qemu that was told to cancel has ended itself once in 200 times (10.0.13,
 * multifd to a file). A cancelled one ends within a tenth of a second and leaves the machine stopped, for `cont`; one
 * that is over, or none, is no error.
 * @param ownEndMs milliseconds that a save has to end by itself
 */
export async function cancelMigration(
  monitor: Monitor,
  clock: Clock,
  signal: AbortSignal,
  ownEndMs: number,
): Promise<void> {
  const start = clock.monotonic();
  let cancelled = false;
  for (;;) {
    const { status } = infoSchema.parse(await monitor.execute('query-migrate', {}, signal));
    if (OVER.includes(status)) return;
    if (!cancelled && clock.monotonic() - start >= ownEndMs) {
      await monitor.execute('migrate_cancel', {}, signal);
      cancelled = true;
    }
    await clock.sleep(POLL_MS, signal);
  }
}
