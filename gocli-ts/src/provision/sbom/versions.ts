import { basename } from 'node:path';
import type { Inventory } from './cyclonedx.ts';
import type { GoProgram } from './go.ts';

/** Debian packages whose versions people ask for, with the names to show them under. */
const PACKAGES: readonly [RegExp, string][] = [
  [/^qemu-system-x86$/, 'qemu'],
  [/^linux-image-\d/, 'linux'],
  [/^crun$/, 'crun'],
];

/** Versions of what a provider image is made of, by program or package. */
export function componentVersions(inventories: readonly Inventory[]): Record<string, string> {
  const programs = inventories
    .flatMap((inventory) => inventory.programs)
    .map((program) => [basename(program.file), versionOf(program)] as const);
  const packages = inventories
    .flatMap((inventory) => inventory.packages)
    .flatMap(({ name, version }) =>
      PACKAGES.filter(([pattern]) => pattern.test(name)).map(([, shown]) => [shown, version] as const),
    );
  return Object.fromEntries(
    [...programs, ...packages].filter(([, version]) => version !== '').sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Version of the module that holds the main package; for a program of this repository, of the Kubernetes in it. */
function versionOf({ package: main, modules }: GoProgram): string {
  const holding = modules
    .filter(({ path, version }) => version !== '(devel)' && (main === path || main.startsWith(`${path}/`)))
    .sort((a, b) => b.path.length - a.path.length)[0];
  return (holding ?? modules.find(({ path }) => path === 'k8s.io/kubernetes'))?.version ?? '';
}
