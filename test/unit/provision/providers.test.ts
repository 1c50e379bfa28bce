import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import test from 'ava';
import { findingLine } from '../../../gocli-ts/src/provider/finding.ts';
import { listProviderFolders } from '../../../gocli-ts/src/provider/folders.ts';
import { KUBERNETES, readModule } from '../../../gocli-ts/src/provision/component-module.ts';
import { lintProvider } from '../../../gocli-ts/src/provision/lint/lint.ts';
import { listManifests } from '../../../gocli-ts/src/provision/manifests.ts';
import { readRecipe } from '../../../gocli-ts/src/provision/recipe.ts';
import { componentsStep } from '../../../gocli-ts/src/provision/steps/components.ts';
import { FakeHost } from '../../fakes/host.ts';

const ROOT = 'cluster-provision';
const all = await listProviderFolders(ROOT);
const folders = all.filter(({ name }) => name.startsWith('k8s-'));
/** The one program that every version builds, each by its own go.mod. */
const PROGRAM = resolve(folders.find(({ name }) => name === 'k8s-1.36')?.folder ?? '', 'kubernetes/main.go');

/** A host without Go: what is compared with the source of Kubernetes depends on what somebody has downloaded. */
function context() {
  const host = new FakeHost();
  host.missing.add('go');
  return { host, signal: new AbortController().signal };
}

test('the versions are those that can be had', async (t) => {
  const versions = await Promise.all(all.map(async ({ folder }) => (await readRecipe(folder)).provider));
  t.deepEqual(Object.fromEntries(versions.map(({ name, kubernetes }) => [name, kubernetes?.version])), {
    'k8s-1.34': '1.34.4',
    'k8s-1.35': '1.35.4',
    'k8s-1.36': '1.36.3',
    'k8s-1.37': '1.37.2',
    'vm-debian-13': undefined,
    'vm-l0': undefined,
    'vm-l1': undefined,
  });
});

for (const { name, folder } of folders) {
  test(`${name}: nothing is wrong with it, and each of its components has a module`, async (t) => {
    const { findings } = await lintProvider(folder, context());
    t.deepEqual(findings.map(findingLine), []);
    const recipe = await readRecipe(folder);
    t.is(recipe.provider.name, name);
    const { files } = await componentsStep().inputs(recipe);
    const modules = files.filter((file) => file !== PROGRAM);
    t.is(modules.length, recipe.provider.components.filter(({ c }) => c === undefined).length);
    t.is(files.includes(PROGRAM), name !== 'k8s-1.36', 'it changes with the program that it is built from');
  });

  test(`${name}: the Kubernetes images have its version`, async (t) => {
    const { provider } = await readRecipe(folder);
    const tags = provider.images
      .filter(({ programs }) => programs.includes('kubernetes'))
      .map((image) => image.name.replace(/.*:/, ''));
    t.deepEqual(new Set(tags), new Set([`v${provider.kubernetes?.version ?? ''}`]));
  });
}

test('what the versions share stands once', async (t) => {
  const of = async (name: string): Promise<string[]> => {
    const folder = folders.find((one) => one.name === name)?.folder ?? '';
    return (await listManifests(await readRecipe(folder))).map(({ path }) => path);
  };
  const shared = await of('k8s-1.36');
  t.true(shared.length > 0);
  for (const { name } of folders) t.deepEqual(await of(name), shared, name);
  for (const { name, folder } of folders) {
    const module = await readModule(await readRecipe(folder), KUBERNETES);
    t.is(module?.main ?? join(module?.folder ?? '', 'main.go'), PROGRAM, name);
  }
});

test('a node has every CNI plugin that is built, those of the module but for the Windows ones', async (t) => {
  const { provider } = await readRecipe('cluster-provision/k8s/1.36');
  const module = await readFile('cluster-provision/components/cni-plugins/go.mod', 'utf8');
  const built = [...module.matchAll(/^\tgithub\.com\/containernetworking\/plugins\/plugins\/(\S+)$/gm)];
  const onNode = provider.components.find(({ name }) => name === 'cni-plugins')?.nodePrograms ?? [];
  t.deepEqual([...onNode].sort(), built.map(([, path = '']) => basename(path)).sort());
  for (const plugin of ['bandwidth', 'dhcp', 'macvlan', 'static', 'tuning']) t.true(onNode.includes(plugin));
});

for (const { name, folder } of all.filter((one) => !folders.includes(one))) {
  test(`${name}: nothing is wrong with it, and it needs no Kubernetes`, async (t) => {
    const { findings } = await lintProvider(folder, context());
    t.deepEqual(findings.map(findingLine), []);
    const { provider } = await readRecipe(folder);
    t.like(provider, { name, kubernetes: undefined, components: [], images: [] });
  });
}
