import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { parseSite } from '../../../gocli-ts/src/provider/site.ts';
import type { Settings } from '../../../gocli-ts/src/provider/settings.ts';
import { digestInputs } from '../../../gocli-ts/src/provision/hash.ts';
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
