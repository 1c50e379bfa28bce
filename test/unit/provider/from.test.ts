import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findingLine } from '../../../gocli-ts/src/provider/finding.ts';
import { listProviderFolders } from '../../../gocli-ts/src/provider/folders.ts';
import { inspectProvider, readProviderFile } from '../../../gocli-ts/src/provider/provider-file.ts';
import { madeFrom } from '../../../gocli-ts/src/provision/children.ts';
import { buildParts, inspectCloudInit } from '../../../gocli-ts/src/provision/build-machine/cloud-init.ts';
import { newProvider } from '../../../gocli-ts/src/provision/author/new-provider.ts';
import { readRecipe } from '../../../gocli-ts/src/provision/recipe.ts';
import { layeredFiles } from '../../../gocli-ts/src/provision/provider-files.ts';
import { provisionSteps } from '../../../gocli-ts/src/provision/steps.ts';
import { checkoutOf, writeBelow, type CheckoutFiles } from '../provision/_providers.ts';

const HEAD = 'apiVersion: gocli.io/v1\nkind: Provider\n';
const BASE = `${HEAD}name: vm-base
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: 1024M, disk: 10G }
vm: { user: debian }
packages: [git]
check: [sudo -n true]
warm: [sudo -n id]
`;

/** The grandchild of a provider, and files of all three. */
const CHAIN: CheckoutFiles = {
  'cluster-provision/vm/base/provider.yaml': BASE,
  'cluster-provision/vm/base/provision.sh': 'true\n',
  'cluster-provision/vm/l0/provider.yaml': `${HEAD}name: vm-l0
from: vm-base
defaults: { memory: 2048M }
packages: [git, gdb]
check: [gdb --version]
warm: [gdb -v]
`,
  'cluster-provision/vm/l0/files/etc/l0': '',
  'cluster-provision/vm/l0/user-data': '#cloud-config\nruncmd: [ls]\n',
  'cluster-provision/vm/l1/provider.yaml': `${HEAD}name: vm-l1\nfrom: vm-l0\npackages: [docker.io]\n`,
  'cluster-provision/vm/l1/files/etc/l1': '',
  'cluster-provision/vm/l1/provision.sh': 'false\n',
};

async function chainOf(t: ExecutionContext, changed: CheckoutFiles = {}): Promise<string> {
  const root = await checkoutOf(t, { ...CHAIN, ...changed });
  await mkdir(join(root, 'cluster-provision', 'guest', 'debian-13', 'vm'), { recursive: true });
  for (const name of ['packages', 'without', 'setup.sh', 'make-disk.sh', 'init'])
    await writeBelow(root, `cluster-provision/guest/debian-13/vm/${name}`, '');
  return join(root, 'cluster-provision', 'vm');
}

const faults = async (folder: string): Promise<string[]> =>
  (await inspectProvider(folder)).findings.map((one) => findingLine(one).replace(/^.*\/vm\//, ''));

test('a provider is all that it is made from, over any number of others', async (t) => {
  const vm = await chainOf(t);
  const read = await readProviderFile(join(vm, 'l1'));
  const { name, guest, defaults, packages, check, warm, vm: section } = read;
  t.deepEqual(
    { name, guest, defaults, packages, check, warm, section },
    {
      name: 'vm-l1',
      guest: 'debian-13',
      defaults: { nodes: 1, cpus: 2, memory: '2048M', disk: '10G' },
      packages: ['git', 'gdb', 'docker.io'],
      check: ['sudo -n true', 'gdb --version'],
      warm: ['sudo -n id', 'gdb -v'],
      section: { user: 'debian' },
    },
  );
});

test('files lie on top of each other, and what is run is run in the order of descent', async (t) => {
  const vm = await chainOf(t);
  const recipe = await readRecipe(join(vm, 'l1'));
  t.deepEqual(await layeredFiles(recipe, 'files'), [join(vm, 'l0/files'), join(vm, 'l1/files')]);
  const shown = (await buildParts(recipe)).map(({ userData, script }) =>
    [userData, script].map((path) => path?.slice(vm.length + 1)),
  );
  t.deepEqual(shown, [
    [undefined, 'base/provision.sh'],
    ['l0/user-data', undefined],
    [undefined, 'l1/provision.sh'],
  ]);
});

test('a change of what it is made from is one of its own', async (t) => {
  const vm = await chainOf(t);
  const recipe = await readRecipe(join(vm, 'l1'));
  const filesOf = async (name: string): Promise<string[]> => {
    const inputs = await provisionSteps(false)
      .find((step) => step.name === name)
      ?.inputs(recipe);
    return (inputs?.files ?? [])
      .filter((file) => file.startsWith(vm))
      .map((file) => file.slice(vm.length + 1));
  };
  t.deepEqual(await filesOf('rootfs'), ['l0/files', 'l1/files']);
  t.deepEqual(await filesOf('disk'), ['l0/user-data']);
  t.deepEqual(await filesOf('vm'), ['base/provision.sh', 'l1/provision.sh']);
});

test('what is made from one is found, parents first', async (t) => {
  const vm = await chainOf(t);
  const names = async (folder: string): Promise<string[]> =>
    (await madeFrom(join(vm, folder))).map(({ name }) => name);
  t.deepEqual(await names('base'), ['vm-l0', 'vm-l1']);
  t.deepEqual(await names('l0'), ['vm-l1']);
  t.deepEqual(await names('l1'), []);
});

test('a parent that is no word is what is wrong, and nothing else', async (t) => {
  for (const odd of ['', '5', '[vm-base]', '{ vm: base }']) {
    const file = `${HEAD}name: vm-l0\nfrom: ${odd}\n`;
    const found = await faults(
      join(await chainOf(t, { 'cluster-provision/vm/l0/provider.yaml': file }), 'l0'),
    );
    t.is(found.length, 1, found.join('\n'));
    t.regex(found[0] ?? '', /^l0\/provider\.yaml:4:\d+: "from": Invalid input: expected string/);
  }
});

test('what is made from another one is not extended, and nothing is wrong with it', async (t) => {
  const own = { 'cluster-provision/vm/l2/provider.yaml': `${HEAD}name: vm-l2\nextends: vm/l1\n` };
  t.deepEqual(await faults(join(await chainOf(t, own), 'l2')), [
    'l2/provider.yaml:4:10: "extends": vm/l1 is made from another one; write "from: vm-l1"',
  ]);
});

test('what only looks like a provider.yaml hides no other provider', async (t) => {
  const vm = await chainOf(t, { 'cluster-provision/vm/folder/provider.yaml/x': '' });
  await mkdir(join(vm, 'device'));
  await symlink('/dev/zero', join(vm, 'device', 'provider.yaml'));
  const names = (await listProviderFolders(dirname(vm))).map(({ name }) => name);
  t.deepEqual(
    names.filter((name) => name.startsWith('vm-')),
    ['vm-base', 'vm-l0', 'vm-l1'],
  );
});

test('a parent that is not there is told at its line', async (t) => {
  const from = (name: string): CheckoutFiles => ({
    'cluster-provision/vm/l0/provider.yaml': `${HEAD}name: vm-l0\nfrom: ${name}\n`,
  });
  t.deepEqual(await faults(join(await chainOf(t, from('vm-bas')), 'l0')), [
    'l0/provider.yaml:4:7: "from": there is no provider "vm-bas". Did you mean "vm-base"?',
  ]);
  // The child of one that is wrong is as wrong.
  t.deepEqual(await faults(join(await chainOf(t, from('vm-bas')), 'l1')), [
    'l0/provider.yaml:4:7: "from": there is no provider "vm-bas". Did you mean "vm-base"?',
  ]);
});

test('one that is its own ancestor is refused', async (t) => {
  const circle = { 'cluster-provision/vm/base/provider.yaml': `${HEAD}name: vm-base\nfrom: vm-l1\n` };
  const vm = await chainOf(t, circle);
  t.deepEqual(await faults(join(vm, 'l1')), [
    'base/provider.yaml:4:7: "from": it would be made from itself: vm-l1 from vm-l0 from vm-base from vm-l1',
  ]);
  const own = { 'cluster-provision/vm/l0/provider.yaml': `${HEAD}name: vm-l0\nfrom: vm-l0\n` };
  t.deepEqual(await faults(join(await chainOf(t, own), 'l0')), [
    'l0/provider.yaml:4:7: "from": it would be made from itself: vm-l0 from vm-l0',
  ]);
  await t.throwsAsync(readRecipe(join(vm, 'l1')), { code: 'BAD_FILE' });
});

test('all that is wrong with a child is told at once', async (t) => {
  const wrong = `${HEAD}name: vm-l0\nfrom: vm-bas\nguest: debian-13\npackages: [3]\n`;
  const vm = await chainOf(t, { 'cluster-provision/vm/l0/provider.yaml': wrong });
  const lines = await faults(join(vm, 'l0'));
  t.is(lines.length, 3, lines.join('\n'));
  t.true(lines.some((line) => line.includes('unknown key "guest"')));
});

test('user-data of what it is made from is looked at, too', async (t) => {
  const vm = await chainOf(t, { 'cluster-provision/vm/l0/user-data': 'runcmd: [ls]\n' });
  const { parents } = await inspectProvider(join(vm, 'l1'));
  const [fault] = await inspectCloudInit({ folder: join(vm, 'l1'), parents });
  t.is(fault?.file, join(vm, 'l0/user-data'));
});

test('a new one is made from the other, whatever that is made from', async (t) => {
  const vm = await chainOf(t);
  const { folder, provider } = await newProvider(join(vm, 'l0'), 'vm', 'mine');
  t.is(provider, 'vm-mine');
  const recipe = await readRecipe(folder);
  t.deepEqual(
    recipe.parents?.map((layer) => layer.folder),
    [join(vm, 'base'), join(vm, 'l0')],
  );
  t.deepEqual(recipe.provider.packages, ['git', 'gdb']);
});

test('a manifest to warm up with is for Kubernetes', async (t) => {
  const warm = 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\n';
  const vm = await chainOf(t, { 'cluster-provision/vm/l0/warm.yaml': warm });
  const error = await t.throwsAsync(readRecipe(join(vm, 'l0')));
  t.regex(error.message, /warm\.yaml:1:1: warm\.yaml: that is for providers of Kubernetes/);
});
