import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Finding } from '../../provider/finding.ts';
import { inspectProvider, type NamedProvider } from '../../provider/provider-file.ts';
import { readIfThere } from '../../host/atomic-files.ts';
import type { Settings } from '../../provider/settings.ts';
import type { YamlDocument } from '../../provider/yaml-text.ts';
import { inspectManifest } from '../../provider/manifest-text.ts';
import { listManifests, listWarmManifest, type ManifestFile } from '../manifests.ts';
import { providerFile } from '../provider-files.ts';
import { chooseBuild } from '../builds.ts';
import type { Recipe } from '../step.ts';
import { inspectCloudInit } from '../build-machine/cloud-init.ts';
import { inspectPrePull, PRE_PULL_FILE } from '../build-machine/pre-pull.ts';
import { disagreements } from './go-modules.ts';
import { missingImages } from './manifest-images.ts';
import { warmFindings } from './warm-manifest.ts';

/** A manifest and the objects in it. */
export interface InspectedManifest extends ManifestFile {
  readonly objects: readonly YamlDocument[];
}

/** A version folder, and everything that is wrong with it as far as its own files tell. */
export interface InspectedRecipe {
  readonly source: NamedProvider;
  /** Undefined when provider.yaml is wrong, or of a kind whose images cannot be made. */
  readonly recipe?: Recipe;
  readonly manifests: readonly InspectedManifest[];
  readonly findings: readonly Finding[];
}

/**
 * Reads a version folder whole, so that all of its faults can be told at once and before minutes of work.
 * @param folder absolute
 * @param settings what it is to be made with, if it is
 * @throws GocliError BAD_FILE when it has no provider.yaml
 */
export async function inspectRecipe(folder: string, settings?: Settings): Promise<InspectedRecipe> {
  const source = await inspectProvider(folder, settings);
  const { base, parents, provider, names } = source;
  const folders = { folder, base, parents };
  const prePull = await prePullOf(folders);
  const built = provider?.images.map(({ name }) => name);
  const warm = await listWarmManifest(folders);
  const files = [...(await listManifests(folders)), ...warm];
  const texts = await Promise.all(files.map(({ path }) => readFile(path, 'utf8')));
  const inspected = files.map((file, at) => ({ ...file, ...inspectManifest(texts[at] ?? '', file.path) }));
  const images =
    built === undefined
      ? []
      : files.flatMap(({ path }, at) =>
          missingImages(texts[at] ?? '', path, [...built, ...prePull.references]),
        );
  const { build, findings } = chooseBuild(source);
  const recipe =
    provider === undefined || build === undefined
      ? undefined
      : { root: dirname(dirname(folder)), ...folders, provider, build, names, settings };
  return {
    source,
    ...(recipe === undefined ? {} : { recipe }),
    manifests: inspected,
    findings: [
      ...source.findings,
      ...source.missing,
      ...findings,
      ...prePull.findings,
      ...(await inspectCloudInit(folders, names)),
      ...inspected.flatMap((one) => one.findings),
      ...inspected.slice(files.length - warm.length).flatMap((one) => warmFindings(one, folder, provider)),
      ...images,
      ...(recipe === undefined ? [] : await disagreements(recipe, source)),
    ],
  };
}

async function prePullOf(
  folders: Pick<Recipe, 'folder' | 'base'>,
): Promise<ReturnType<typeof inspectPrePull>> {
  const file = await providerFile(folders, PRE_PULL_FILE);
  return file === undefined
    ? { references: [], findings: [] }
    : inspectPrePull((await readIfThere(file)) ?? '', file);
}
