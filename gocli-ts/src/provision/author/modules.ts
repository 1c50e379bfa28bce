import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { makeFolder, readIfThere } from '../../host/atomic-files.ts';
import { type ComponentModule, KUBERNETES, moduleFolders, readModule } from '../component-module.ts';
import { directivesOf, moduleOfPackage, parseGoMod } from '../go/mod-file.ts';
import { downloadModule, type GoContext, tidyModule } from '../go/module.ts';
import { KUBEADM_CONSTANTS, type KubeadmVersions, parseKubeadmVersions } from '../kubeadm-images.ts';
import type { Recipe } from '../step.ts';
import { kubernetesMod, toolMod } from './kubernetes-mod.ts';

/** Text of files by path; undefined for one that is to go. */
export type FileChanges = ReadonlyMap<string, string | undefined>;

/** A release of Kubernetes in Go's cache. */
export interface Release {
  readonly version: string;
  readonly folder: string;
  /** What its kubeadm deploys beside it. */
  readonly kubeadm: KubeadmVersions;
}

/** @throws GocliError DOWNLOAD naming the module, TOOL_MISSING */
export async function fetchRelease(version: string, context: GoContext): Promise<Release> {
  const folder = await downloadModule('k8s.io/kubernetes', `v${version}`, context);
  const kubeadm = parseKubeadmVersions((await readIfThere(join(folder, KUBEADM_CONSTANTS))) ?? '');
  if (kubeadm !== undefined) return { version, folder, kubeadm };
  throw new GocliError(
    'BAD_FILE',
    `kubeadm ${version} does not say its etcd, CoreDNS and pause as those before did`,
    {
      hint: `Look into ${join(folder, KUBEADM_CONSTANTS)}, and change the provider by hand.`,
    },
  );
}

/**
 * The module of the Kubernetes component at another release.
 * @param scratch an empty folder to work in
 * @throws GocliError BAD_FILE when there is no such component; DOWNLOAD naming a module that cannot be had
 */
export async function kubernetesModule(
  recipe: Recipe,
  { version, folder }: Release,
  scratch: string,
  context: GoContext,
): Promise<FileChanges> {
  const own = await readModule(recipe, KUBERNETES);
  if (own === undefined)
    throw new GocliError('BAD_FILE', `${recipe.folder} has no component "${KUBERNETES}"`);
  const upstream = parseGoMod(await readFile(join(folder, 'go.mod'), 'utf8'), join(folder, 'go.mod'));
  const main = await readFile(own.main ?? join(own.folder, 'main.go'), 'utf8');
  return tidied(
    own,
    [folder, own.folder],
    { 'go.mod': kubernetesMod(own.mod, upstream, version), 'main.go': main },
    own.folder,
    scratch,
    context,
  );
}

/**
 * The module of a component at the version that kubeadm asks for: that which all providers share where it has it, else one
 * of the provider's own.
 * @param version `v3.6.8`
 * @throws GocliError DOWNLOAD naming a module that cannot be had
 */
export async function componentAt(
  recipe: Recipe,
  component: string,
  version: string,
  scratch: string,
  context: GoContext,
): Promise<FileChanges> {
  const present = await readModule(recipe, component);
  if (present === undefined || versionOf(present) === version) return new Map();
  const [ownFolder = ''] = moduleFolders(recipe, component);
  const shared = await readModule({ ...recipe, folder: join(recipe.root, 'components') }, component);
  if (shared !== undefined && versionOf(shared) === version)
    return new Map(['go.mod', 'go.sum'].map((name) => [join(ownFolder, name), undefined]));
  const tools = directivesOf(present.mod, 'tool').flatMap(({ words }) => words);
  const module = moduleOfPackage(present.mod, tools[0] ?? '')?.words[0] ?? '';
  const folder = await downloadModule(module, version, context);
  const upstream = parseGoMod(await readFile(join(folder, 'go.mod'), 'utf8'), join(folder, 'go.mod'));
  const name = `gocli.io/${recipe.provider.name.replace('-', '/')}/${component}`;
  const text = toolMod(name, tools, module, version, upstream);
  return tidied(present, [folder, present.folder], { 'go.mod': text }, ownFolder, scratch, context);
}

function versionOf({ mod }: ComponentModule): string | undefined {
  const tool = directivesOf(mod, 'tool')[0]?.words[0] ?? '';
  return moduleOfPackage(mod, tool)?.words[1];
}

/**
 * Tidies a module away from its place.
 * @param sums folders whose go.sum it begins with: the checksum database does not know every version that a proxy serves
 */
async function tidied(
  { component }: ComponentModule,
  sums: readonly string[],
  files: Readonly<Record<string, string>>,
  target: string,
  scratch: string,
  context: GoContext,
): Promise<FileChanges> {
  const folder = join(scratch, component);
  await makeFolder(folder);
  const known = await Promise.all(sums.map((path) => readIfThere(join(path, 'go.sum'))));
  const lines = new Set(known.flatMap((text) => (text ?? '').split('\n')).filter(Boolean));
  await writeFile(join(folder, 'go.sum'), [...lines, ''].join('\n'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await tidyModule({ component, folder }, context);
  const written = ['go.mod', 'go.sum'].map(
    async (name) => [join(target, name), await readFile(join(folder, name), 'utf8')] as const,
  );
  return new Map(await Promise.all(written));
}
