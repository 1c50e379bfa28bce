import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ContainerSpec } from '../../../../gocli-ts/src/place/interface.ts';
import { FACTS_LABEL } from '../../../../gocli-ts/src/provider/facts.ts';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { Store } from '../../../../gocli-ts/src/provision/result-store.ts';
import { identifySteps } from '../../../../gocli-ts/src/provision/plan-steps.ts';
import { readRecipe } from '../../../../gocli-ts/src/provision/recipe.ts';
import { provisionSteps } from '../../../../gocli-ts/src/provision/steps.ts';
import { type Console, makeConsole } from '../../../helpers/console.ts';
import { K8S_FACTS, VM_FACTS } from '../../../helpers/engine.ts';
import { FILES, writeBelow } from '../../provision/_providers.ts';

test('providers are those of the checkout and those that have an image', async (t) => {
  const console = await makeConsole(t);
  const folder = join(console.context.checkout, 'cluster-provision', 'k8s', '1.36');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'provider.yaml'), 'name: k8s-1.36\n');
  const labels = {
    [LABEL.provider]: 'vm-1',
    [FACTS_LABEL]: JSON.stringify(VM_FACTS),
    'io.gocli.component.qemu': '10.0',
  };
  console.engine.docker.addImage('gocli/vm-1:latest', labels);

  t.is((await console.run('provider', 'ls', '-o', 'name')).stdout, 'k8s-1.36\nvm-1\n');
  const table = (await console.run('provider', 'ls')).stdout;
  t.regex(table, /^k8s-1\.36 +not provisioned$/m);
  t.regex(table, /^vm-1 +gocli\/vm-1:latest +1\.0 KiB/m);

  const shown = await console.run('provider', 'show', 'vm-1');
  t.is(shown.code, 0, shown.stderr);
  t.regex(shown.stdout, /^qemu +10\.0$/m);
  t.regex(shown.stdout, /^Default plan +1 node, 1 vCPUs, 128M$/m);
  t.regex(shown.stdout, /^Kubernetes +-$/m);
  console.engine.docker.addImage('gocli/k8s-1:latest', {
    [LABEL.provider]: 'k8s-1',
    [FACTS_LABEL]: JSON.stringify({ ...K8S_FACTS, name: 'k8s-1' }),
  });
  t.regex((await console.run('provider', 'show', 'k8s-1')).stdout, /^Kubernetes +1\.36\.3$/m);
  t.regex((await console.run('provider', 'show', 'k8s/1')).stdout, /^Provider +k8s-1$/m);

  const absent = await console.run('provider', 'show', 'k8s-1.36');
  t.is(absent.code, 7);
  t.regex(absent.stderr, /gocli provision .*k8s\/1\.36/);
  const unknown = await console.run('provider', 'show', 'k8s-1.63');
  t.is(unknown.code, 4);
  t.regex(unknown.stderr, /Did you mean "k8s-1\.36"\?/);
});

/** Empty files that guests and the runner have. */
const GUEST = Object.fromEntries(
  [
    ...['excluded', 'setup.sh', 'make-disk.sh', 'files/x', 'initrd/make.sh', 'initrd/tiny'].map(
      (path) => `guest/debian-13/${path}`,
    ),
    ...['packages', 'excluded', 'files/x'].map((path) => `runner/${path}`),
  ].map((path) => [`cluster-provision/${path}`, '']),
);

/** A console whose checkout has two providers of which nothing is wrong. */
async function withProviders(t: ExecutionContext): Promise<Console> {
  const console = await makeConsole(t);
  console.host.missing.add('go');
  for (const [path, text] of Object.entries(FILES)) await writeBelow(console.context.checkout, path, text);
  for (const [path, text] of Object.entries(GUEST)) await writeBelow(console.context.checkout, path, text);
  return console;
}

test('lint tells all that is wrong, each at its line, and its exit code is that of a wrong file', async (t) => {
  const console = await withProviders(t);
  const good = await console.run('provider', 'lint');
  t.is(good.code, 0, good.stderr);
  t.regex(good.stdout, /^k8s-1\.36: nothing is wrong; the source .* not in the module cache/m);
  await writeBelow(
    console.context.checkout,
    'cluster-provision/k8s/1.37/manifests/50-mine.yaml',
    'kind: Pod\n',
  );
  const bad = await console.run('provider', 'lint', 'k8s/1.37');
  t.is(bad.code, 2);
  t.is(
    bad.stdout
      .split('\n')
      .filter((line) => /^cluster-provision\/k8s\/1\.37\/manifests\/50-mine\.yaml:1:1: /.test(line)).length,
    2,
  );
  const json = await console.run('provider', 'lint', '-o', 'json');
  t.is(json.code, 2);
  t.like(JSON.parse(json.stdout), { providers: [{ name: 'k8s-1.36', findings: [] }, { name: 'k8s-1.37' }] });
  const byPath = await console.run('provider', 'lint', 'cluster-provision/k8s/1.36');
  t.is(byPath.code, 0, byPath.stderr);
  const unknown = await console.run('provider', 'lint', 'k8s/1.63');
  t.is(unknown.code, 4);
  t.regex(unknown.stderr, /Did you mean "k8s-1\.36"\?/);
});

test('new makes a provider of which nothing is wrong; bump wants a release', async (t) => {
  const console = await withProviders(t);
  const made = await console.run('provider', 'new', 'k8s/1.38', '--from', 'k8s-1.37');
  t.is(made.code, 0, made.stderr);
  t.regex(made.stdout, /^Made cluster-provision\/k8s\/1\.38 /);
  t.is((await console.run('provider', 'lint', 'k8s-1.38')).code, 0);
  t.is((await console.run('provider', 'new', 'k8s/1.38', '--from', 'k8s-1.37')).code, 5);
  for (const [words, message] of [
    [['new', 'k8s/1.39'], /needs --from/],
    [['new', '../x', '--from', 'k8s/1.37'], /cannot be the name of a provider/],
    [['bump', 'k8s/1.37'], /needs a release/],
    [['bump', 'k8s/1.37', '1.38'], /"1\.38" is no release of Kubernetes/],
    [['ls', 'k8s/1.37'], /takes no name/],
    [['lint', '--from', 'k8s/1.37'], /--from means something for new only/],
    [['show', 'k8s-1.36', 'x'], /for bump and save only/],
    [['rm'], /needs a name/],
    [['load'], /needs an archive/],
  ] as const) {
    const { code, stderr } = await console.run('provider', ...words);
    t.is(code, 2, words.join(' '));
    t.regex(stderr, message);
  }
});

test('rm removes image, templates and the cached steps that no other provider needs; it asks, or is told', async (t) => {
  const console = await withProviders(t);
  const { engine, context } = console;
  const labels = { [LABEL.provider]: 'k8s-1.37', [LABEL.version]: '0.1.0' };
  const image = engine.docker.addImage('gocli/k8s-1.37:latest', labels);
  const store = new Store(engine.paths);
  for (const version of ['1.36', '1.37']) {
    const folder = join(context.checkout, 'cluster-provision/k8s', version);
    for (const [step, { key }] of await identifySteps(provisionSteps(false), await readRecipe(folder))) {
      if (step !== 'runner' && step !== 'vm') continue;
      const workspace = await store.workspace(step);
      await writeFile(join(workspace.output, 'x'), 'x'.repeat(5000));
      await store.publish(step, workspace, { hash: key, seconds: 1, inputs: {} });
      await workspace[Symbol.asyncDispose]();
    }
  }
  const listed = await console.run('provider', 'ls');
  t.regex(listed.stdout, /^k8s-1\.37 +gocli\/k8s-1\.37:latest +1\.0 KiB +\d+\.\d KiB/m);

  const unasked = await console.run('provider', 'rm', 'k8s/1.37');
  t.is(unasked.code, 2);
  t.regex(unasked.stderr, /--yes/);
  const dry = await console.run('provider', 'rm', 'k8s/1.37', '--dry-run');
  t.is(dry.code, 0, dry.stderr);
  t.regex(
    dry.stdout,
    /^Would remove of k8s-1\.37:\nimage +gocli\/k8s-1\.37:latest +1\.0 KiB\ncached step +vm +\d+\.\d KiB\ntogether /,
  );
  t.is((await store.all('vm')).length, 2);

  const user = {
    ...spec('other-node01', image.tags[0] ?? ''),
    labels: { ...labels, [LABEL.cluster]: 'other' },
  };
  const id = await engine.docker.containers.create(user);
  const inUse = await console.run('provider', 'rm', 'k8s-1.37', '--yes');
  t.is(inUse.code, 5);
  t.regex(inUse.stderr, /in use by other/);
  await engine.docker.containers.remove(id);

  const removed = await console.run('provider', 'rm', 'k8s-1.37', '--yes', '-o', 'json');
  t.is(removed.code, 0, removed.stderr);
  t.like(JSON.parse(removed.stdout), { dryRun: false, provider: 'k8s-1.37', cache: [{ step: 'vm' }] });
  t.is(engine.docker.imageStore.size, 0);
  t.deepEqual([(await store.all('vm')).length, (await store.all('runner')).length], [1, 1]);
  t.is((await console.run('provider', 'rm', 'k8s-1.3', '--yes')).code, 4);
});

/** A provider of plain machines that cannot be read without a variable. */
const UNSET = `apiVersion: gocli.io/v1
kind: Provider
name: vm-mine
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: "\${SIZE}", disk: 10G }
vm: { user: me }
environment: { SIZE: }
`;

test('rm and ls do without the site that cannot be read, and without variables of other providers', async (t) => {
  const console = await makeConsole(t, { GOCLI_SITE: '/nothing/site.yaml' });
  console.host.missing.add('go');
  for (const [path, text] of Object.entries({
    ...FILES,
    ...GUEST,
    'cluster-provision/vm/mine/provider.yaml': UNSET,
  }))
    await writeBelow(console.context.checkout, path, text);
  const store = new Store(console.engine.paths);
  const folder = join(console.context.checkout, 'cluster-provision/k8s/1.37');
  for (const [step, { key }] of await identifySteps(provisionSteps(false), await readRecipe(folder))) {
    if (step !== 'seal' && step !== 'vm') continue;
    await using workspace = await store.workspace(step);
    const provider = step === 'vm' ? 'k8s-1.37' : 'vm-mine';
    await store.publish(step, workspace, { hash: key, seconds: 1, inputs: {}, provider });
  }
  const listed = await console.run('provider', 'ls');
  t.is(listed.code, 0, listed.stderr);
  t.regex(listed.stderr, /without the site: GOCLI_SITE: \/nothing\/site\.yaml is not there/);
  t.regex(listed.stdout, /^vm-mine /m);
  const removed = await console.run('provider', 'rm', 'k8s-1.37', '--yes', '-o', 'json');
  t.is(removed.code, 0, removed.stderr);
  t.regex(removed.stderr, /without the site/);
  t.deepEqual(
    (JSON.parse(removed.stdout) as { cache: { step: string }[] }).cache.map(({ step }) => step),
    ['vm'],
    'what was made for the other one stays',
  );
});

test('variables of what is made from a provider are missed before that is made', async (t) => {
  const console = await makeConsole(t);
  const { checkout } = console.context;
  const base = UNSET.replace('vm-mine', 'vm-base')
    .replace('"${SIZE}"', '1024M')
    .replace(/environment.*\n/, '');
  const child =
    'apiVersion: gocli.io/v1\nkind: Provider\nname: vm-mine\nfrom: vm-base\nenvironment: { SIZE: , B: }\n';
  for (const [path, text] of Object.entries({ ...FILES, ...GUEST })) await writeBelow(checkout, path, text);
  for (const name of ['packages', 'without', 'setup.sh', 'make-disk.sh', 'init'])
    await writeBelow(checkout, `cluster-provision/guest/debian-13/vm/${name}`, '');
  await writeBelow(checkout, 'cluster-provision/vm/base/provider.yaml', base);
  await writeBelow(checkout, 'cluster-provision/vm/mine/provider.yaml', child);
  const { code, stderr } = await console.run('provision', 'cluster-provision/vm/base', '--with-children');
  t.is(code, 2, stderr);
  for (const name of ['SIZE', 'B']) t.regex(stderr, new RegExp(`${name} is not set`));
  t.deepEqual(
    console.engine.docker.calls.map(({ method }) => method).filter((method) => method !== 'system.info'),
    [],
  );
});

function spec(name: string, image: string): ContainerSpec {
  return { name, image, labels: {}, network: 'none', capabilities: [], noNewPrivileges: true };
}
