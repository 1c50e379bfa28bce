import { formatBytes } from '../shared/size.ts';
import { FROZEN_FORMAT, sha256Of, type CpuIdentity, type Manifest } from './manifest.ts';

const DAY_MS = 86_400_000;
/**
 * The API server serves itself a certificate that lives a year, in memory, and cannot renew it; two months are left for
 * the life of the cluster that is thawed.
 */
const MAX_AGE_DAYS = 300;
/** What KVM takes for the same frequency (parameter tsc_tolerance_ppm of Linux' kvm module, 250). */
const TSC_TOLERANCE = 250e-6;
/** A thawed cluster must be usable for some time. */
const EXPIRY_MARGIN_DAYS = 7;

/** What a frozen set of machines is thawed on. */
export interface Place {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly accelerator: 'kvm' | 'tcg';
  readonly cpu: CpuIdentity;
  readonly imageId: string;
  readonly availableBytes: number;
  /** Bytes that the machines may come to use. */
  readonly wantedBytes: number;
}

/**
 * Hash of all that a guest can observe of the place it was booted in: equal keys may share a template.
 * @param parts values that JSON can hold; their order counts
 */
export function keyOf(parts: readonly unknown[]): string {
  return sha256Of(JSON.stringify([FROZEN_FORMAT, ...parts]));
}

/** Why these machines must not be thawed here, as a part of a sentence; undefined when they may. */
export function refusal(manifest: Manifest, place: Place): string | undefined {
  return differences(manifest, place) ?? timeProblem(manifest, place.now) ?? memoryProblem(place);
}

function differences(manifest: Manifest, place: Place): string | undefined {
  if (manifest.imageId !== place.imageId) return 'it was made from another image';
  return processorDifference(manifest, place);
}

/** Why memory that was saved on one processor must not be loaded on another one; undefined when it may. */
export function processorDifference(
  { accelerator, cpu }: Pick<Manifest, 'accelerator' | 'cpu'>,
  place: Pick<Place, 'accelerator' | 'cpu'>,
): string | undefined {
  if (accelerator !== place.accelerator) {
    return `it was made with ${accelerator}, and this host uses ${place.accelerator}`;
  }
  if (cpu.model !== place.cpu.model) return `its CPU model is ${cpu.model}, not ${place.cpu.model}`;
  // Under emulation the host's processor cannot be seen by the guest.
  if (accelerator === 'tcg') return undefined;
  if (cpu.host !== place.cpu.host) return `it was made on another processor (${cpu.host})`;
  if (Math.abs(cpu.tscHz - place.cpu.tscHz) > cpu.tscHz * TSC_TOLERANCE) {
    return `its time stamp counter has ${megahertz(cpu.tscHz)}, not ${megahertz(place.cpu.tscHz)}`;
  }
  const changed = flagChanges(cpu.flags, place.cpu.flags);
  return changed === '' ? undefined : `the flags of this processor differ from its own: ${changed}`;
}

function megahertz(hertz: number): string {
  return `${(hertz / 1e6).toFixed(0)} MHz`;
}

function flagChanges(before: string, now: string): string {
  const old = new Set(before.split(' '));
  const present = new Set(now.split(' '));
  const gone = [...old].filter((flag) => !present.has(flag)).map((flag) => `-${flag}`);
  const added = [...present].filter((flag) => !old.has(flag)).map((flag) => `+${flag}`);
  return [...gone, ...added].slice(0, 5).join(' ');
}

function timeProblem({ createdAt, expiresAt }: Manifest, now: number): string | undefined {
  if (now < createdAt) return 'the clock of this host is earlier than its making';
  const age = Math.floor((now - createdAt) / DAY_MS);
  if (age >= MAX_AGE_DAYS) return `it is ${age} days old (${MAX_AGE_DAYS} at most)`;
  if (expiresAt !== undefined && now > expiresAt - EXPIRY_MARGIN_DAYS * DAY_MS) {
    return `a certificate in it expires on ${new Date(expiresAt).toISOString().slice(0, 10)}`;
  }
  return undefined;
}

function memoryProblem({ availableBytes, wantedBytes }: Place): string | undefined {
  if (wantedBytes <= availableBytes) return undefined;
  return `${formatBytes(wantedBytes)} of memory are needed, and ${formatBytes(availableBytes)} are free`;
}
