import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Finding, throwFindings } from '../provider/finding.ts';
import { readYamlStream, type YamlDocument } from '../provider/yaml-text.ts';
import { providerFolder } from './provider-files.ts';
import type { Recipe } from './step.ts';

/** A file of objects that are applied when a cluster starts. */
export interface ManifestFile {
  /** `10-storage.yaml` */
  readonly name: string;
  readonly path: string;
}

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

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

/** The objects of a manifest, and what is not one. */
export function inspectManifest(
  text: string,
  file: string,
): { readonly objects: readonly YamlDocument[]; readonly findings: readonly Finding[] } {
  const { documents, findings } = readYamlStream(text, file);
  // Nothing between two separators.
  const objects = documents.filter(({ data }) => data !== null && data !== undefined);
  const wrong = objects.flatMap((document) => {
    const issues = objectSchema.safeParse(document.data).error?.issues ?? [];
    return issues.map(({ path, message }) =>
      document.finding(path, `not a Kubernetes object: ${path.join('.')}: ${message}`),
    );
  });
  return { objects, findings: [...findings, ...wrong] };
}
