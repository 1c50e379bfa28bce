import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Version of the manifest and of the files it tells of. Another version is never thawed. */
export const FROZEN_FORMAT = 1;

/** Schema of {@link CpuIdentity}. */
export const cpuSchema = z.object({
  /** What qemu was told with `-cpu`. */
  model: z.string(),
  /** Processor of the host, empty under emulation, where it does not matter. */
  host: z.string(),
  flags: z.string(),
  /** Frequency of the time stamp counter. */
  tscHz: z.number(),
});

const fileSchema = z.object({ bytes: z.int(), sha256: z.string() });

const machineSchema = z.object({
  name: z.string(),
  /** /proc/sys/kernel/random/boot_id of the guest: another one after a thaw tells of a reboot. */
  bootId: z.string(),
  state: fileSchema,
  /** Blocks of 512 bytes that the file has on disk: fewer tell of holes that were punched into it. */
  ram: fileSchema.extend({ blocks: z.int() }),
});

const manifestSchema = z.object({
  format: z.literal(FROZEN_FORMAT),
  id: z.string().regex(/^[0-9a-f]{8,64}$/),
  key: z.string(),
  /** Milliseconds since the epoch. */
  createdAt: z.int(),
  /** When the first certificate in the guests expires, milliseconds since the epoch; absent without any. */
  expiresAt: z.int().optional(),
  imageId: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  cpu: cpuSchema,
  qemu: z.string(),
  machines: z.array(machineSchema).min(1),
  /** Milliseconds between the first and the last machine's stop. */
  skewMs: z.number(),
  /** What the machines are, for people and for those who thaw them; not looked at here. */
  about: z.record(z.string(), z.unknown()),
});

/** Everything that is known of stopped machines on disk. Kept in labels of the container that refers to their volume. */
export type Manifest = z.infer<typeof manifestSchema>;
export type FrozenMachine = Manifest['machines'][number];
export type CpuIdentity = z.infer<typeof cpuSchema>;

/** The text of a manifest and its checksum, for labels. */
export function sealManifest(manifest: Manifest): { readonly text: string; readonly sha256: string } {
  const text = JSON.stringify(manifest);
  return { text, sha256: sha256Of(text) };
}

/** The manifest of such a text, or what is wrong with it. */
export function openManifest(text: string | undefined, sha256: string | undefined): Manifest | string {
  if (text === undefined || sha256 === undefined) return 'it has no manifest';
  if (sha256Of(text) !== sha256) return 'its manifest is damaged';
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    return 'its manifest is of another version of gocli';
  }
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
