import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { parseSite } from '../../../gocli-ts/src/provider/site.ts';
import type { Settings } from '../../../gocli-ts/src/provider/settings.ts';
import { digestInputs } from '../../../gocli-ts/src/provision/hash.ts';
import { newProvider } from '../../../gocli-ts/src/provision/author/new-provider.ts';
import { lintProvider } from '../../../gocli-ts/src/provision/lint/lint.ts';
import { rebuildsSince } from '../../../gocli-ts/src/provision/rebuilds.ts';
import { FakeHost } from '../../fakes/host.ts';
import { readRecipe } from '../../../gocli-ts/src/provision/recipe.ts';
import { provisionSteps } from '../../../gocli-ts/src/provision/steps.ts';
import type { StepName } from '../../../gocli-ts/src/provision/step.ts';
import {
  buildParts,
  cloudInitText,
  variablesOf,
} from '../../../gocli-ts/src/provision/build-machine/cloud-init.ts';
import { checkoutOf, writeBelow, type CheckoutFiles } from '../provision/_providers.ts';

const HEAD = 'apiVersion: gocli.io/v1\nkind: Provider\n';
/** A provider and what it is made from, both with variables. */
const CHAIN: CheckoutFiles = {
  'cluster-provision/vm/base/provider.yaml': `${HEAD}name: vm-base
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: 1024M, disk: 10G }
vm: { user: debian }
environment:
  BRANCH:
  DEVICE: /dev/kvm
`,
  'cluster-provision/vm/base/user-data': '#cloud-config\nhostname: ${name}\nruncmd: ["ls ${DEVICE}"]\n',
  'cluster-provision/vm/mine/provider.yaml': `${HEAD}name: vm-mine
from: vm-base
defaults:
  memory: \${SIZE}
environment: { TOKEN_OF_CI: , BRANCH: main, SIZE: }
check: ["test -e \${DEVICE} && echo $\${HOME}"]
`,
  'cluster-provision/vm/mine/meta-data': 'instance-id: ${version}-${BRANCH}\n',
  'cluster-provision/vm/mine/provision.sh': 'true\n',
};

async function folderOf(t: ExecutionContext, changed: CheckoutFiles = {}): Promise<string> {
  const root = await checkoutOf(t, { ...CHAIN, ...changed });
  await mkdir(join(root, 'cluster-provision', 'guest', 'debian-13', 'vm'), { recursive: true });
  for (const name of ['initrd/make.sh', 'files/x', 'excluded'])
    await writeBelow(root, `cluster-provision/guest/debian-13/${name}`, '');
  for (const name of ['packages', 'without', 'setup.sh', 'make-disk.sh', 'init'])
    await writeBelow(root, `cluster-provision/guest/debian-13/vm/${name}`, '');
  return join(root, 'cluster-provision', 'vm', 'mine');
}

const ALL = { TOKEN_OF_CI: 't', SIZE: '2048M' };

/** All that a provider is refused for, without the path of its folder. */
async function refusedFor(t: ExecutionContext, folder: string, settings?: Settings): Promise<string[]> {
  const error = await t.throwsAsync(readRecipe(folder, settings), { instanceOf: GocliError });
  return [error.message, ...(error.observed ?? '').split('\n')]
    .filter((line) => line !== '')
    .map((line) => line.replace(/^.*\/vm\//, ''));
}

test('names in what a provider is made from are those of what is made', async (t) => {
  const base = CHAIN['cluster-provision/vm/base/provider.yaml'] ?? '';
  const asks = `${base}check: ["id \${user} \${name} \${version}"]\n`;
  for (const parent of [asks, asks.replace('vm: { user: debian }\n', '')]) {
    const folder = await folderOf(t, {
      'cluster-provision/vm/base/provider.yaml': parent,
      'cluster-provision/vm/mine/provider.yaml': `${HEAD}name: vm-mine\nfrom: vm-base\nvm: { user: me }\n`,
    });
    const { provider } = await readRecipe(folder, { env: { BRANCH: 'b' } });
    t.deepEqual(provider.check, ['id me vm-mine mine']);
  }
});

test('variables that are missing are told all at once, each where it is asked for', async (t) => {
  const folder = await folderOf(t);
  const lines = await refusedFor(t, folder, { env: { SIZE: '' } });
  t.deepEqual(
    lines.map((line) => line.slice(0, 50)),
    [
      'mine/provider.yaml:7:16: TOKEN_OF_CI is not set. Say it',
      'mine/provider.yaml:7:45: SIZE is not set. Say it in the ',
    ].map((line) => line.slice(0, 50)),
  );
  // A parent alone needs what its child says.
  const alone = await refusedFor(t, folder.replace(/mine$/, 'base'), { env: {} });
  t.regex(alone[0] ?? '', /^base\/provider\.yaml:8:3: BRANCH is not set/);
  t.is(alone.length, 1);
});

test('names stand for the provider, the environment and the site, in all of its files', async (t) => {
  const folder = await folderOf(t);
  const site = parseSite(
    'apiVersion: gocli.io/v1\nkind: Site\nenvironment: { DEVICE: /dev/x, BRANCH: ours }\n',
    's',
  );
  const recipe = await readRecipe(folder, { env: { ...ALL, BRANCH: 'a: b' }, site });
  t.is(recipe.provider.defaults.memory, '2048M');
  t.deepEqual(recipe.provider.check, ['test -e /dev/x && echo ${HOME}']);
  const parts = await buildParts(recipe);
  t.is(
    await cloudInitText(recipe, parts[0]?.userData ?? ''),
    '#cloud-config\nhostname: "vm-mine"\nruncmd: ["ls /dev/x"]\n',
  );
  t.is(await cloudInitText(recipe, parts[1]?.metaData ?? ''), 'instance-id: "mine-a: b"\n');
  t.deepEqual(variablesOf(recipe), { BRANCH: 'a: b', DEVICE: '/dev/x', SIZE: '2048M', TOKEN_OF_CI: 't' });
});

test('an unknown name is told at its place, in whichever file it is', async (t) => {
  const folder = await folderOf(t, {
    'cluster-provision/vm/mine/user-data': '#cloud-config\nruncmd:\n  - |\n    ls\n    cd ${BRANHC}\n',
    'cluster-provision/vm/mine/provider.yaml': `${HEAD}name: vm-mine
from: vm-base
defaults: { memory: "\${SIZ}" }
environment: { SIZE: "\${name}" }
`,
  });
  const lines = await refusedFor(t, folder);
  t.deepEqual(
    lines.map((line) => line.replace(/( Did you mean.*| A shell.*)$/, '')),
    [
      'mine/provider.yaml:5:22: unknown name "SIZ".',
      'mine/provider.yaml:6:22: "environment.SIZE": no other name is filled in here',
      'mine/user-data:5:8: unknown name "BRANHC".',
    ],
  );
  t.regex(lines[0] ?? '', /Did you mean "SIZE"\?/);
  t.regex(lines[2] ?? '', /Did you mean "BRANCH"\?/);
});

test('whoever makes nothing needs no variables, unless provider.yaml cannot be read without', async (t) => {
  const folder = await folderOf(t);
  t.is((await readRecipe(folder.replace(/mine$/, 'base'))).provider.environment['BRANCH'], null);
  const lines = await refusedFor(t, folder);
  t.deepEqual(
    lines.map((line) => line.replace(/ is not set.*/, '')),
    ['mine/provider.yaml:7:16: TOKEN_OF_CI', 'mine/provider.yaml:7:45: SIZE'],
  );
});

test('a value makes anew what it stands in, and nothing else', async (t) => {
  const folder = await folderOf(t);
  const keysOf = async (settings: Settings): Promise<Partial<Record<StepName, string>>> => {
    const recipe = await readRecipe(folder, settings);
    const found = await Promise.all(
      provisionSteps(false)
        .filter(({ name }) => ['disk', 'vm', 'check'].includes(name))
        .map(async (step) => [
          step.name,
          JSON.stringify(await digestInputs(await step.inputs(recipe), recipe.root)),
        ]),
    );
    return Object.fromEntries(found) as Partial<Record<StepName, string>>;
  };
  const changed = async (env: Record<string, string>, more = ''): Promise<string[]> => {
    const site =
      more === '' ? {} : { site: parseSite(`apiVersion: gocli.io/v1\nkind: Site\n${more}\n`, 's') };
    const [before, now] = [await keysOf({ env: ALL }), await keysOf({ env: { ...ALL, ...env }, ...site })];
    return (['disk', 'vm', 'check'] as const).filter((name) => before[name] !== now[name]);
  };
  t.deepEqual(await changed({ HTTP_PROXY: 'http://p', OTHER: 'x' }), []);
  t.deepEqual(await changed({}, 'proxy: { http: "http://p" }'), []);
  t.deepEqual(await changed({}, `keys: ["ssh-ed25519 ${'A'.repeat(68)}"]`), []);
  t.deepEqual(await changed({}, 'defaults: { cpus: 8 }'), []);
  t.deepEqual(await changed({}, 'defaults: { disk: 20G }'), ['disk']);
  t.deepEqual(await changed({ TOKEN_OF_CI: 'u' }), ['vm']);
  t.deepEqual(await changed({ BRANCH: 'x' }), ['disk', 'vm']);
  t.deepEqual(await changed({ DEVICE: '/dev/x' }), ['disk', 'vm', 'check']);
});

test('the name of the user may be made of variables, and stands for itself in the same file', async (t) => {
  const yaml = (user: string): CheckoutFiles => ({
    'cluster-provision/vm/mine/provider.yaml': `${HEAD}name: vm-mine
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: 1024M, disk: 10G }
vm: { user: "${user}" }
environment: { U: }
check: ["id \${user}"]
`,
    'cluster-provision/vm/mine/meta-data': 'instance-id: x\n',
  });
  const { provider, names } = await readRecipe(await folderOf(t, yaml('u-${U}')), { env: { U: 'ci' } });
  t.deepEqual([provider.vm?.user, names?.get('user'), ...provider.check], ['u-ci', 'u-ci', 'id u-ci']);
  t.deepEqual(
    (await refusedFor(t, await folderOf(t, yaml('u-${U}')), { env: {} })).map((line) => line.slice(0, 34)),
    ['mine/provider.yaml:7:16: U is not '],
  );
  const own = await refusedFor(t, await folderOf(t, yaml('${user}')), { env: { U: 'ci' } });
  t.deepEqual(own, [
    'mine/provider.yaml:6:13: ${user}: nothing says what that is. Say "vm.user" without it',
    'mine/provider.yaml:8:9: ${user}: nothing says what that is. Say "vm.user" without it',
  ]);
});

test('a parent that does not say of which kind it is has variables, too', async (t) => {
  const folder = await folderOf(t, {
    'cluster-provision/vm/base/provider.yaml': `${HEAD}name: vm-base
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: "\${SIZE}", disk: 10G }
environment: { SIZE: 1024M, BRANCH: }
`,
    'cluster-provision/vm/base/user-data': '#cloud-config\nruncmd: ["git checkout ${BRANCH}"]\n',
    'cluster-provision/vm/mine/provider.yaml': `${HEAD}name: vm-mine\nfrom: vm-base\nvm: { user: me }\n`,
    'cluster-provision/vm/mine/meta-data': 'instance-id: x\n',
  });
  const recipe = await readRecipe(folder, { env: { BRANCH: 'main' } });
  t.is(recipe.provider.defaults.memory, '1024M');
  t.deepEqual(variablesOf(recipe), { BRANCH: 'main', SIZE: '1024M' });
  t.regex(
    (await refusedFor(t, folder, { env: {} }))[0] ?? '',
    /^base\/provider\.yaml:6:29: BRANCH is not set/,
  );
});

test('a list of packages that is wrong or not there is told by its path', async (t) => {
  const folder = await folderOf(t);
  const list = 'cluster-provision/guest/debian-13/vm/packages';
  const root = folder.replace(/\/cluster-provision\/vm\/mine$/, '');
  const recipe = await readRecipe(folder, { env: ALL });
  await writeBelow(root, list, 'git\nNo Package\n');
  await t.throwsAsync(recipe.build.packages(recipe), {
    code: 'BAD_FILE',
    message: `${join(root, list)}:2:1: "No Package" is not the name of a Debian package`,
  });
  await rm(join(root, list));
  await t.throwsAsync(recipe.build.packages(recipe), {
    code: 'BAD_FILE',
    message: `${join(root, list)} is missing`,
  });
});

test('whoever makes nothing has the environment all the same, and needs none of it', async (t) => {
  const folder = await folderOf(t);
  const { signal } = new AbortController();
  const context = { host: new FakeHost(), signal };
  t.deepEqual((await lintProvider(folder.replace(/mine$/, 'base'), context, { env: {} })).findings, []);
  t.deepEqual((await lintProvider(folder, context, { env: { SIZE: '2048M' } })).findings, []);
  const wrong = await lintProvider(folder, context, { env: { SIZE: 'much' } });
  t.regex(wrong.findings.map(({ text }) => text).join('\n'), /a size such as/);
  t.is((await newProvider(folder, 'vm', 'next', { env: { SIZE: '2048M' } })).provider, 'vm-next');

  const all = dirname(dirname(folder));
  const rebuildsWith = async (env: Record<string, string>) =>
    (await rebuildsSince(undefined, all, [], { env })).map(({ name, rebuild }) => [name, rebuild]);
  const others = [
    ['k8s-1.36', true],
    ['k8s-1.37', true],
    ['vm-base', true],
  ];
  t.deepEqual(await rebuildsWith({ SIZE: '2048M' }), [...others, ['vm-mine', true], ['vm-next', true]]);
  t.deepEqual(await rebuildsWith({}), [...others, ['vm-mine', false], ['vm-next', false]]);
  const [skipped] = (await rebuildsSince(undefined, all, [], { env: {} })).filter(({ rebuild }) => !rebuild);
  t.true(skipped?.why.some((why) => why.includes('SIZE is not set')));
});

test('what a child says of a variable holds in the files of its parent, too, provider.yaml among them', async (t) => {
  const folder = await folderOf(t, {
    'cluster-provision/vm/base/provider.yaml': `${HEAD}name: vm-base
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: "\${SIZE}", disk: 10G }
vm: { user: debian }
environment: { SIZE: , DEVICE: /dev/kvm }
check: ["test -e \${DEVICE}"]
`,
    'cluster-provision/vm/mine/provider.yaml': `${HEAD}name: vm-mine
from: vm-base
environment: { SIZE: 2048M, DEVICE: /dev/x }
`,
    'cluster-provision/vm/mine/meta-data': 'instance-id: x\n',
  });
  const { provider } = await readRecipe(folder, { env: {} });
  t.deepEqual([provider.defaults.memory, ...provider.check], ['2048M', 'test -e /dev/x']);
  t.is((await readRecipe(folder, { env: { SIZE: '4096M' } })).provider.defaults.memory, '4096M');
});
