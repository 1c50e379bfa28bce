import { z } from 'zod';
import type { Monitor } from './monitor.ts';

/** What a machine's processor is. */
export interface Cpu {
  /** What qemu is told with `-cpu`. */
  readonly model: string;
  /** Frequency of the time stamp counter; 0 under emulation, where it does not matter. */
  readonly tscHz: number;
}

/** qemu's own processor, which shows nothing of the host's. */
export const EMULATED_CPU: Cpu = { model: 'max', tscHz: 0 };

/** For hosts on which no named model runs: what the host has, as far as it can be saved. */
export const HOST_CPU: Cpu = { model: 'host,migratable=on', tscHz: 0 };

const definitionsSchema = z.array(
  z.object({
    name: z.string(),
    deprecated: z.boolean().default(false),
    'unavailable-features': z.array(z.string()).optional(),
  }),
);
const expansionSchema = z.object({ model: z.object({ props: z.record(z.string(), z.unknown()) }) });
const processorsSchema = z.array(z.object({ 'qom-path': z.string() })).min(1);

/** A model and how much of the host's processor it shows. */
export interface RankedModel {
  readonly name: string;
  /** Number of CPU features. */
  readonly features: number;
}

/**
 * The versioned named model that shows most of this host's processor. Named models, unlike `host`, are the same
 * processor wherever they start, and a version of one never changes (qemu manual, "Recommendations for KVM CPU model
 * configuration on x86 hosts"); `enforce` makes qemu refuse to start when the host cannot do all of it.
 * @param monitor of a qemu that uses KVM
 */
export async function bestCpu(monitor: Monitor, signal: AbortSignal): Promise<Cpu> {
  const definitions = definitionsSchema.parse(await monitor.execute('query-cpu-definitions', {}, signal));
  const runnable = definitions.filter(
    ({ name, deprecated, 'unavailable-features': missing }) =>
      /-v\d+$/.test(name) && !deprecated && missing?.length === 0,
  );
  const ranked: RankedModel[] = [];
  for (const { name } of runnable) {
    const argument = { type: 'full', model: { name } };
    const answer = await monitor.execute('query-cpu-model-expansion', argument, signal);
    const { props } = expansionSchema.parse(answer).model;
    // Without long mode no guest of today boots.
    if (props['lm'] !== true) continue;
    ranked.push({ name, features: Object.values(props).filter((value) => value === true).length });
  }
  const best = richestModel(ranked);
  const tscHz = await readTsc(monitor, signal);
  return { model: best === undefined ? HOST_CPU.model : `${best},enforce`, tscHz };
}

/** The model with most features, of equal ones the last by name and version. Pure. */
export function richestModel(models: readonly RankedModel[]): string | undefined {
  const sorted = models.toSorted(
    (a, b) => b.features - a.features || b.name.localeCompare(a.name, 'en', { numeric: true }),
  );
  return sorted[0]?.name;
}

/** What KVM told qemu; saved state holds it, and another frequency lets the clocks of a guest run wrongly. */
async function readTsc(monitor: Monitor, signal: AbortSignal): Promise<number> {
  const [first] = processorsSchema.parse(await monitor.execute('query-cpus-fast', {}, signal));
  const argument = { path: first?.['qom-path'] ?? '', property: 'tsc-frequency' };
  return z.number().parse(await monitor.execute('qom-get', argument, signal));
}
