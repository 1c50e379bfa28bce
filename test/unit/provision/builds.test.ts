import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findingLine, type Finding } from '../../../gocli-ts/src/provider/finding.ts';
import { inspectProvider } from '../../../gocli-ts/src/provider/provider-file.ts';
import type { Build } from '../../../gocli-ts/src/provision/builds/build.ts';
import { vmBuild } from '../../../gocli-ts/src/provision/builds/vm.ts';
import { chooseBuild } from '../../../gocli-ts/src/provision/builds.ts';
import { inspectRecipe } from '../../../gocli-ts/src/provision/lint/inspect-recipe.ts';
import { readRecipe } from '../../../gocli-ts/src/provision/recipe.ts';
import { provisionSteps } from '../../../gocli-ts/src/provision/steps.ts';
import { checkoutOf, writeBelow } from './_providers.ts';

const HEAD = 'apiVersion: gocli.io/v1\nkind: Provider\nname: vm-a\n';
const WHOLE = `${HEAD}guest: debian-13\ndefaults: { nodes: 1, cpus: 1, memory: 1G, disk: 2G }\n`;
const KUBERNETES = 'kubernetes: { version: 1.36.3, podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/12 }\n';
const VM = 'vm: { user: debian }\n';

/** A checkout with a provider of each kind, and one more. @returns the folder of the latter */
async function folderOf(t: ExecutionContext, text: string): Promise<string> {
  const root = await checkoutOf(t);
  await writeBelow(root, 'cluster-provision/vm/base/provider.yaml', WHOLE.replace('vm-a', 'vm-base') + VM);
  await writeBelow(root, 'cluster-provision/vm/a/provider.yaml', text);
  return join(root, 'cluster-provision', 'vm', 'a');
}

/** What is wrong with a folder's own file: line, column and text. */
function linesOf(folder: string, findings: readonly Finding[]): string[] {
  const file = `${folder}/provider.yaml:`;
  const own = findings.map(findingLine).filter((line) => line.startsWith(file));
  return own.map((line) => line.slice(file.length));
}

test('one that says of which kind it is may extend one that does not', async (t) => {
  const root = await checkoutOf(t);
  await writeBelow(root, 'cluster-provision/k8s/common/provider.yaml', WHOLE.replace('vm-a', 'k8s-common'));
  const own = `${HEAD.replace('vm-a', 'k8s-c')}extends: k8s/common\n`;
  const folder = join(root, 'cluster-provision', 'k8s', 'c');
  await writeBelow(root, 'cluster-provision/k8s/c/provider.yaml', own + KUBERNETES);
  const read = await inspectProvider(folder);
  t.deepEqual(read.findings, []);
  t.is(chooseBuild(read).build?.kind, 'kubernetes');
  // All of the section is its own then.
  await writeBelow(root, 'cluster-provision/k8s/c/provider.yaml', `${own}kubernetes: { version: 1.36.3 }\n`);
  t.deepEqual(linesOf(folder, (await inspectProvider(folder)).findings), [
    '5:13: "kubernetes.podSubnet": Invalid input: expected string, received undefined',
    '5:13: "kubernetes.serviceSubnet": Invalid input: expected string, received undefined',
  ]);
});

test('one that extends what extends another is told which to extend', async (t) => {
  const root = await checkoutOf(t);
  await writeBelow(root, 'cluster-provision/k8s/1.37/provider.yaml', `${HEAD}extends: k8s/1.36\n`);
  const folder = join(root, 'cluster-provision', 'k8s', 'c');
  await writeBelow(root, 'cluster-provision/k8s/c/provider.yaml', `${HEAD}extends: k8s/1.37\n`);
  t.deepEqual(linesOf(folder, (await inspectProvider(folder)).findings), [
    '4:10: "extends": k8s/1.37 extends k8s/1.36 itself; extend that one',
  ]);
});

const wrong: [string, string, string[]][] = [
  ['of no kind', WHOLE, ['1:1: there is no section that says of what kind it is: "kubernetes", "vm"']],
  [
    'of two kinds',
    WHOLE + VM + KUBERNETES,
    ['6:1: "vm": a provider is of one kind, and there is "kubernetes"'],
  ],
  [
    'with what only nodes have',
    `${WHOLE}${VM}components: [{ name: etcd }]\n`,
    ['7:1: "components": that is for providers of Kubernetes'],
  ],
  [
    'extending one of another kind',
    `${HEAD}extends: k8s/1.36\nvm: { user: me }\n`,
    ['5:1: "vm": k8s/1.36 is of another kind'],
  ],
  [
    'that says a part of another kind than that which it extends',
    `${HEAD}extends: vm/base\nkubernetes: { version: 1.36.3 }\n`,
    [
      '5:1: "kubernetes": vm/base is of another kind',
      '4:1: "extends": plain machines ("vm") are made from one another: "from: vm-base"',
    ],
  ],
  [
    'that says a part of another kind than that which it is made from',
    `${HEAD}from: vm-base\nkubernetes: { version: 1.36.3 }\n`,
    ['5:1: "kubernetes": vm-base is of another kind'],
  ],
  [
    'of plain machines that extends another one',
    `${HEAD}extends: vm/base\n`,
    ['4:1: "extends": plain machines ("vm") are made from one another: "from: vm-base"'],
  ],
  [
    'made from a node',
    `${HEAD}from: k8s-1.36\n`,
    [
      '4:1: "from": no provider of Kubernetes is made from another one. It may extend one: "extends: k8s/1.36"',
    ],
  ],
];
for (const [title, text, lines] of wrong) {
  test(`a provider ${title} is refused where it is read`, async (t) => {
    const folder = await folderOf(t, text);
    const { findings } = await inspectRecipe(folder);
    t.deepEqual(linesOf(folder, findings), lines);
    await t.throwsAsync(readRecipe(folder), { code: 'BAD_FILE' });
  });
}

test('a kind whose images gocli cannot make is named, and those that it can make', async (t) => {
  const source = await inspectProvider('cluster-provision/k8s/1.36');
  t.is(chooseBuild(source).build?.kind, 'kubernetes');
  const { build, findings } = chooseBuild(source, [vmBuild]);
  t.is(build, undefined);
  t.deepEqual(
    findings.map(({ text }) => text),
    ['"kubernetes": gocli can make no images of this kind, only those of "vm"'],
  );
  t.true((findings[0]?.line ?? 0) > 1, 'it is told at its section');
});

/** A kind that nobody has, whose guest has a folder of its own. */
const OTHER: Build = {
  ...vmBuild,
  guestFolder: 'other',
  packages: () => Promise.resolve([{ name: 'guest', names: ['one', 'two'], lock: '/lock' }]),
  files: () => Promise.resolve({ without: '/without', more: ['/more'] }),
  user: () => 'somebody',
  makers: ['make-disk.sh', 'boot'],
  initrd: '.',
  cloudInit: false,
};

test('the steps ask the build of a kind, and no kind by its name', async (t) => {
  const recipe = { ...(await readRecipe('cluster-provision/k8s/1.36')), build: OTHER };
  const guest = join(recipe.root, 'guest', 'debian-13');
  const inputsOf = async (name: string) =>
    provisionSteps(false)
      .find((step) => step.name === name)
      ?.inputs(recipe);
  t.is((await inputsOf('resolve'))?.values['images'], 'one two');
  t.deepEqual(await inputsOf('rootfs'), {
    values: { user: 'somebody' },
    files: [
      join(guest, 'files'),
      join(guest, 'excluded'),
      join(guest, 'other/setup.sh'),
      '/without',
      '/more',
    ],
  });
  t.deepEqual((await inputsOf('disk'))?.files, [
    join(guest, 'other/make-disk.sh'),
    join(guest, 'other/boot'),
    join(guest, 'initrd'),
  ]);
});
