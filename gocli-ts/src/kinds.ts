import type { Kind } from './rig/kind.ts';

/** Kinds that this gocli has. A program that has more of them adds them before it runs main.ts. */
export const KINDS: (() => Promise<Kind>)[] = [
  async () => (await import('./kubernetes/kind.ts')).kubernetesKind,
  async () => (await import('./vm/kind.ts')).vmKind,
];

/** All kinds. They are loaded when a command runs, so that `--help` stays quick. */
export function loadKinds(): Promise<Kind[]> {
  return Promise.all(KINDS.map((load) => load()));
}
