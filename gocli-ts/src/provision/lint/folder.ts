import { dirname, join } from 'node:path';
import { isThere } from '../../host/atomic-files.ts';
import type { Finding } from '../../provider/finding.ts';
import { KUBERNETES, readModule } from '../component-module.ts';
import { providerFile } from '../provider-files.ts';
import type { Recipe } from '../step.ts';

/** What a version folder lacks, beside what its provider.yaml names. */
export async function folderFindings(recipe: Recipe, file: string): Promise<Finding[]> {
  const { root, provider, build } = recipe;
  const at = (text: string): Finding => ({ file, line: 1, column: 1, text });
  const found: Finding[] = [];
  const name = `${familyOf(recipe)}-${versionOf(recipe)}`;
  if (provider.name !== name)
    found.push(at(`the name is "${provider.name}", and that of the folder "${name}"`));
  if (!(await isThere(join(root, 'guest', provider.guest))))
    found.push(at(`there is no guest "${provider.guest}" in ${join(root, 'guest')}`));
  for (const needed of build.needs)
    if ((await providerFile(recipe, needed)) === undefined) found.push(at(`there is no ${needed}`));
  const locks = provider.images.some(({ packages }) => packages.length > 0);
  if (locks && (await providerFile(recipe, 'packages.lock')) === undefined)
    found.push(at('there is no packages.lock for the packages in images; provisioning makes it'));
  const script = join(dirname(root), 'cluster-up', 'cluster', provider.name, 'provider.sh');
  if (build.hasScripts && !(await isThere(script))) found.push(at(`there is no ${script}`));
  return [...found, ...(await moduleFileFindings(recipe))];
}

/** A module without checksums, and the one of Kubernetes without its program. */
async function moduleFileFindings(recipe: Recipe): Promise<Finding[]> {
  const components = recipe.provider.components.filter(({ c }) => c === undefined);
  const modules = await Promise.all(components.map(({ name }) => readModule(recipe, name)));
  const wanted = modules.flatMap((module) => {
    if (module === undefined) return [];
    const isAlone = module.component === KUBERNETES && module.main === undefined;
    const names = isAlone ? ['go.sum', 'main.go'] : ['go.sum'];
    return names.map((name) => ({ module, path: join(module.folder, name) }));
  });
  const there = await Promise.all(wanted.map(({ path }) => isThere(path)));
  return wanted
    .filter((_, at) => there[at] === false)
    .map(({ module, path }) => ({ file: module.mod.file, line: 1, column: 1, text: `there is no ${path}` }));
}

function familyOf({ folder }: Recipe): string {
  return dirname(folder).replace(/.*\//, '');
}

function versionOf({ folder }: Recipe): string {
  return folder.replace(/.*\//, '');
}
