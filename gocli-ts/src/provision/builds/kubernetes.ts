import { join } from 'node:path';
import { KUBERNETES_PATH } from '../../kubernetes/image-path.ts';
import { SECTION } from '../../kubernetes/section.ts';
import { guestFolder } from '../guest-folder.ts';
import { writableFile } from '../provider-files.ts';
import type { Recipe } from '../step.ts';
import type { Build, NewNames, PackageSet } from './build.ts';
import { withOwnPackages } from './own-packages.ts';

/** Images of Kubernetes nodes: components as programs and container images, set up by provision.sh. */
export const kubernetesBuild: Build = {
  kind: SECTION,
  called: 'Kubernetes',
  description: 'Node disk, qemu, dnsmasq and registry of a local Kubernetes cluster',
  keys: ['components', 'images'],
  layered: false,
  needs: ['provision.sh'],
  hasScripts: true,
  readme,
  guestFolder: '.',
  packages,
  files: () => Promise.resolve({ more: [] }),
  makers: ['make-disk.sh'],
  initrd: '.',
  cloudInit: false,
  alwaysBoots: true,
  programs: [KUBERNETES_PATH.kubectl],
  diskFiles: [],
};

async function packages(recipe: Recipe): Promise<PackageSet[]> {
  const guest = guestFolder(recipe);
  // As long as a provider names none of its own, it shares those of all nodes, and their lock.
  const ofNode: PackageSet =
    recipe.provider.packages.length === 0
      ? { name: 'guest', list: join(guest, 'packages'), lock: join(guest, 'packages.lock') }
      : await withOwnPackages(recipe, 'node-packages.lock');
  const inImages = [...new Set(recipe.provider.images.flatMap((image) => image.packages))].sort();
  return [
    ofNode,
    ...(inImages.length === 0
      ? []
      : [{ name: 'images' as const, names: inImages, lock: await writableFile(recipe, 'packages.lock') }]),
  ];
}

function readme({ name, shared }: NewNames): string {
  return `# ${name}

What this folder does not have is that of [${shared}](../../${shared}/README.md), whose page tells what a node and a cluster
are made of.

| file | says |
|---|---|
| \`provider.yaml\` | in which versions it differs |
| \`kubernetes/\` | the Go module whose \`go.mod\` pins Kubernetes |
| other folders with a \`go.mod\` | components in the version that kubeadm of this release asks for |

Another release: \`gocli provider bump ${name} VERSION\`. Whether all agrees: \`gocli provider lint ${name}\`.
`;
}
