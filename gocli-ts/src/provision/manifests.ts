import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { KUBERNETES_PATH } from '../kubernetes/image-path.ts';
import { throwFindings } from '../provider/finding.ts';
import { inspectManifest } from '../provider/manifest-text.ts';
import { providerFile, providerFolder } from './provider-files.ts';
import type { Recipe } from './step.ts';

/** A file of objects that are applied when a cluster starts. */
export interface ManifestFile {
  /** `10-storage.yaml` */
  readonly name: string;
  readonly path: string;
}

/** The provider's manifests in the order in which they are applied, which is that of their names. */
export async function listManifests(recipe: Pick<Recipe, 'folder' | 'base'>): Promise<ManifestFile[]> {
  const files = await providerFolder(recipe, 'manifests');
  return [...files].filter(([name]) => /\.ya?ml$/.test(name)).map(([name, path]) => ({ name, path }));
}

/** The same, once they were read. @throws GocliError BAD_FILE for all that is not YAML or not a Kubernetes object */
export async function readManifests(recipe: Recipe): Promise<ManifestFile[]> {
  const manifests = await listManifests(recipe);
  const texts = await Promise.all(manifests.map(({ path }) => readFile(path, 'utf8')));
  throwFindings(manifests.flatMap(({ path }, at) => inspectManifest(texts[at] ?? '', path).findings));
  return manifests;
}

/** The provider's manifest for what warms its clusters up, if there is one. */
export async function listWarmManifest(recipe: Pick<Recipe, 'folder' | 'base'>): Promise<ManifestFile[]> {
  const name = basename(KUBERNETES_PATH.warm);
  const path = await providerFile(recipe, name);
  return path === undefined ? [] : [{ name, path }];
}
