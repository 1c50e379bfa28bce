import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { manifestFolder, readManifests } from '../../../gocli-ts/src/provision/manifests.ts';
import { readRecipe } from '../../../gocli-ts/src/provision/recipe.ts';
import { componentsStep } from '../../../gocli-ts/src/provision/steps/components.ts';

const FOLDER = 'cluster-provision/k8s/1.36';

test('the committed provider is valid, and each of its components has a module', async (t) => {
  const recipe = await readRecipe(FOLDER);
  t.is(recipe.provider.name, 'k8s-1.36');
  const { files } = await componentsStep().inputs(recipe);
  t.is(files.length, recipe.provider.components.filter(({ c }) => c === undefined).length);
});

test('every image that a manifest asks for is built', async (t) => {
  const recipe = await readRecipe(FOLDER);
  const built = new Set(recipe.provider.images.map(({ name }) => name));
  for (const name of await readManifests(recipe)) {
    const text = await readFile(join(manifestFolder(recipe), name), 'utf8');
    for (const [, image = ''] of text.matchAll(/^\s*image: (\S+)$/gm))
      t.true(built.has(image), `${name}: ${image}`);
  }
});

test('the Kubernetes images have the version of the provider', async (t) => {
  const { provider } = await readRecipe(FOLDER);
  const tags = provider.images
    .filter(({ programs }) => programs.includes('kubernetes'))
    .map(({ name }) => name.replace(/.*:/, ''));
  t.deepEqual(new Set(tags), new Set([`v${provider.kubernetes?.version ?? ''}`]));
});

test('a node has every CNI plugin that is built, those of the module but for the Windows ones', async (t) => {
  const { provider } = await readRecipe(FOLDER);
  const module = await readFile('cluster-provision/components/cni-plugins/go.mod', 'utf8');
  const built = [...module.matchAll(/^\tgithub\.com\/containernetworking\/plugins\/plugins\/(\S+)$/gm)];
  const onNode = provider.components.find(({ name }) => name === 'cni-plugins')?.nodePrograms ?? [];
  t.deepEqual([...onNode].sort(), built.map(([, path = '']) => basename(path)).sort());
  for (const plugin of ['bandwidth', 'dhcp', 'macvlan', 'static', 'tuning']) t.true(onNode.includes(plugin));
});
