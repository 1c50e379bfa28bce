import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { LABEL } from '../../place/labels.ts';
import { imageLabels, labelInstruction } from '../image/labels.ts';
import { addLayer, type LayerSource } from '../image/layer.ts';
import { imageOf, resultOf } from '../image/results.ts';
import { providerFacts } from '../../provider/facts.ts';
import { Cleanup } from '../../shared/cleanup.ts';
import { listWarmManifest, type ManifestFile, readManifests } from '../manifests.ts';
import { type Inventory, renderSbom } from '../sbom/cyclonedx.ts';
import { readGoPrograms } from '../sbom/go.ts';
import { componentVersions } from '../sbom/versions.ts';
import { IMAGE_FILE, type ProvisionStep, type Recipe, type StepContext } from '../step.ts';
import { PROGRAM_FOLDER } from './built-before.ts';
import { INVENTORY_FILE } from './seal.ts';

const inventorySchema = z.array(z.custom<Inventory>((value) => typeof value === 'object' && value !== null));

/**
 * Makes the provider image: the layers of the runner, a layer with everything small, and a layer with the disk, so that
 * images which differ in their disks share the rest.
 */
export const commitStep: ProvisionStep = {
  name: 'commit',
  title: 'Make the provider image',
  needs: ['runner', 'components', 'tiny', 'disk', 'vm', 'seal'],
  inputs: async (recipe) => ({
    values: { facts: JSON.stringify(providerFacts(recipe.provider)), layout: '1' },
    files: (await listWarmManifest(recipe)).map(({ path }) => path),
  }),
  run: async (context) => {
    const { recipe, docker, key, output, labels } = context;
    const { name } = recipe.provider;
    const inventories = await readInventories(context);
    const components = componentVersions(inventories);
    const facts = {
      provider: recipe.provider,
      description: recipe.build.description,
      recipeHash: key,
      version: labels[LABEL.version] ?? '',
      components,
    };
    await writeFile(
      join(context.scratch, 'sbom.json'),
      renderSbom(`gocli/${name}`, key.slice(0, 12), inventories),
    );
    await using cleanup = new Cleanup();
    const lower = `${imageReference(recipe, key)}-lower`;
    cleanup.add(() => docker.images.remove(lower));
    const base = await imageOf(context, 'runner');
    await addLayer(context, {
      base,
      folder: 'image',
      sources: await smallFiles(context),
      reference: lower,
      changes: [],
    });
    const id = await addLayer(context, {
      base: lower,
      folder: 'image',
      sources: [{ folder: resultOf(context, 'vm'), names: ['disk.qcow2'] }],
      reference: imageReference(recipe, key),
      changes: Object.entries(imageLabels(facts)).map(labelInstruction),
    });
    // From here on the step can only fail by an abort.
    if (context.signal.aborted) await docker.images.remove(id);
    context.signal.throwIfAborted();
    await writeFile(join(output, IMAGE_FILE), `${id}\n`);
    context.step.note(imageReference(recipe, key));
  },
};

/** `gocli/k8s-1.36:<first 12 digits of the recipe hash>`. */
export function imageReference({ provider }: Recipe, key: string): string {
  return `gocli/${provider.name}:${key.slice(0, 12)}`;
}

/** What a user names the newest image by. */
export function latestReference({ provider }: Recipe): string {
  return `gocli/${provider.name}:latest`;
}

async function smallFiles(context: StepContext): Promise<LayerSource[]> {
  const { recipe, scratch } = context;
  const { programs, diskFiles } = recipe.build;
  const disk = resultOf(context, 'disk');
  const manifests = await readManifests(recipe);
  const sources = [
    { folder: disk, names: ['vmlinuz', 'initrd.img'] },
    { folder: resultOf(context, 'tiny'), names: ['tiny.img'] },
    { folder: disk, names: namesOf(diskFiles) },
    { folder: join(resultOf(context, 'components'), PROGRAM_FOLDER), names: namesOf(programs) },
    ...manifestSources(manifests),
    ...(await listWarmManifest(recipe)).map(({ name, path }) => ({ folder: dirname(path), names: [name] })),
    { folder: scratch, names: ['sbom.json'] },
  ];
  return sources.filter(({ names }) => names.length > 0);
}

/** Manifests lie in one folder of the image, whichever provider they are of. */
function manifestSources(manifests: readonly ManifestFile[]): LayerSource[] {
  const folders = [...new Set(manifests.map(({ path }) => dirname(path)))];
  return folders.map((folder) => ({
    folder: dirname(folder),
    names: manifests
      .filter(({ path }) => dirname(path) === folder)
      .map(({ name }) => `${basename(folder)}/${name}`),
  }));
}

/** What disk and runner hold, as `seal` found it, and the programs that this step adds. */
async function readInventories(context: StepContext): Promise<Inventory[]> {
  const { host, signal } = context;
  const found = inventorySchema.parse(
    JSON.parse(await readFile(join(resultOf(context, 'seal'), INVENTORY_FILE), 'utf8')),
  );
  const paths = context.recipe.build.programs;
  if (paths.length === 0) return found;
  const folder = join(resultOf(context, 'components'), PROGRAM_FOLDER);
  const added = await readGoPrograms(host, folder, namesOf(paths), signal);
  const programs = added.map((program) => {
    const file = paths.find((path) => basename(path) === basename(program.file)) ?? program.file;
    return { ...program, file };
  });
  return [...found, { tree: 'image', packages: [], programs }];
}

/** Names of what lies in one folder of the image. */
function namesOf(paths: readonly string[]): string[] {
  return paths.map((path) => basename(path));
}
