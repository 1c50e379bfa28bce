import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { repositoryOf } from '../../provider/extend.ts';
import { type Finding, inFileOrder } from '../../provider/finding.ts';
import type { Settings } from '../../provider/settings.ts';
import type { InspectedProvider } from '../../provider/provider-file.ts';
import { didYouMean } from '../../shared/text.ts';
import { KUBEADM_CONSTANTS, kubeadmTags, parseKubeadmVersions } from '../kubeadm-images.ts';
import type { Recipe } from '../step.ts';
import { folderFindings } from './folder.ts';
import { missingModules } from './go-modules.ts';
import { inspectRecipe } from './inspect-recipe.ts';
import { type GoCacheContext, kubernetesSource, OPENAPI_FILE, type ReadSource } from './kubernetes-source.ts';
import { manifestFindings } from './manifest-schema.ts';
import { parseOpenApi } from './openapi.ts';

export interface LintResult {
  /** By file and place. */
  readonly findings: readonly Finding[];
  /**
   * Whether manifests and names of images were compared with the source of the pinned Kubernetes, which takes it being in
   * Go's module cache. True without Kubernetes, too: there is nothing to compare.
   */
  readonly withSource: boolean;
}

/**
 * Everything that is wrong with a version folder. Variables that are missing are not, unless it cannot be read without.
 * @throws GocliError BAD_FILE when it has no provider.yaml
 */
export async function lintProvider(
  path: string,
  context: GoCacheContext,
  settings?: Settings,
): Promise<LintResult> {
  const given = resolve(path);
  const folder = await realpath(given).catch(() => given);
  const { source, recipe, manifests, findings: found } = await inspectRecipe(folder, settings);
  if (recipe === undefined) return { findings: inFileOrder(found), withSource: false };
  const findings = found.filter((one) => !source.missing.includes(one));
  const version = recipe.provider.kubernetes?.version;
  const read = version === undefined ? undefined : await kubernetesSource(version, context);
  const api = await read?.(OPENAPI_FILE);
  const all = [
    ...findings,
    ...(await missingModules(recipe, source)),
    ...(await folderFindings(recipe, source.file)),
    ...(read === undefined ? [] : await kubeadmFindings(recipe, source, read)),
    ...(api === undefined ? [] : manifestFindings(manifests, parseOpenApi(api))),
  ];
  return { findings: inFileOrder(all), withSource: version === undefined || api !== undefined };
}

/** Images that kubeadm asks for and that a node would not have. */
async function kubeadmFindings(
  { provider }: Recipe,
  { document }: InspectedProvider,
  read: ReadSource,
): Promise<Finding[]> {
  const constants = await read(KUBEADM_CONSTANTS);
  const versions = constants === undefined ? undefined : parseKubeadmVersions(constants);
  const version = provider.kubernetes?.version;
  if (versions === undefined || version === undefined) return [];
  const names = provider.images.map(({ name }) => name);
  return Object.entries(kubeadmTags(version, versions))
    .map(([repository, tag]) => `${repository}:${tag}`)
    .filter((image) => !names.includes(image))
    .map((image) => {
      const same = names.find((name) => repositoryOf(name) === repositoryOf(image));
      const near = same === undefined ? didYouMean(image, names) : ` There is ${same}.`;
      return document.finding(['images'], `kubeadm ${version} asks for ${image}, which is not built.${near}`);
    });
}
