import { VM_PATH } from '../../vm/image-path.ts';
import { SECTION } from '../../vm/section.ts';
import { guestPart } from '../guest-folder.ts';
import { layeredFiles } from '../provider-files.ts';
import type { Recipe } from '../step.ts';
import type { Build, GuestFiles, NewNames } from './build.ts';
import { withOwnPackages } from './own-packages.ts';

/** Images of plain machines: Debian with more packages and files, and what cloud-init and scripts do in it. */
export const vmBuild: Build = {
  kind: SECTION,
  called: 'plain machines ("vm")',
  description: 'Disk, qemu and dnsmasq of plain virtual machines',
  keys: ['environment'],
  layered: true,
  needs: [],
  hasScripts: false,
  readme,
  guestFolder: 'vm',
  // Those of all that it is made from are among them.
  packages: async (recipe) => [await withOwnPackages(recipe, 'packages.lock')],
  files,
  user: ({ provider }) => provider.vm?.user,
  makers: ['make-disk.sh', 'init'],
  initrd: 'make.sh',
  cloudInit: true,
  alwaysBoots: false,
  programs: [],
  diskFiles: [VM_PATH.schema],
};

/** Some of a node's, and more of its own. */
async function files(recipe: Recipe): Promise<GuestFiles> {
  return {
    without: guestPart(recipe, 'without'),
    more: [guestPart(recipe, 'files'), ...(await layeredFiles(recipe, 'files'))],
  };
}

function readme({ name, of }: NewNames): string {
  return `# ${name}

It is all that [${of}](../../${of}/README.md) is, and what this folder adds.

| file | says |
|---|---|
| \`provider.yaml\` | in what it differs; \`packages\`, \`check\` and \`warm\` come in addition |
| \`files/\` | what goes into the machine, as it lies below /, on top of the other's |
| \`user-data\` | what cloud-init does in it, once, when it is built, after what the other does |
| \`provision.sh\` | what is run in it as root after that |

\`gocli provision cluster-provision/${name.replace('-', '/')}\`, then \`gocli run ${name}\`.
`;
}
