import type { Kind } from '../rig/kind.ts';
import { VM_OPTIONS } from './options/vm-options.ts';
import { PORTS } from './ports.ts';
import { SECTION, vmOf } from './section.ts';
import { vmTold } from './told.ts';

/** Rigs of plain machines. What talks to them is loaded at its first use. */
export const vmKind: Kind = {
  name: SECTION,
  called: 'rig',
  next: [{ verb: 'ssh', words: ['node01'] }, { verb: 'status' }],
  // Debian boots with less, but apt does not work there.
  leastMemoryMiB: 256,
  ports: PORTS,
  told: vmTold,
  users: (guest) => [vmOf(guest).user, 'root'],
  alike: true,
  options: VM_OPTIONS,
  // What makes a machine one of its own comes after the thaw.
  sent: () => [],
  bringUp: async (booting, steps, deps, signal) => {
    await (await import('./ready.ts')).bringUp(booting, steps, deps, signal);
    return {};
  },
  settle: () => Promise.resolve(true),
  warming: async (found, deps) => (await import('./warm.ts')).warmingOf(found, deps),
  afterThaw: async (thawed, steps, options) => (await import('./ready.ts')).afterThaw(thawed, steps, options),
  proof: async (state, paths) => (await import('./ready.ts')).proof(state, paths),
  secretFiles: [],
  keyFiles: () => ({}),
  readKeys: () => ({}),
  expiresAt: () => undefined,
  // Journals of the guests are among what every rig logs.
  logParts: () => Promise.resolve([]),
};
