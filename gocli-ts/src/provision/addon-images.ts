import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Addon } from '../addons/catalog.ts';
import { GocliError } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import { LABEL } from '../place/labels.ts';
import { packTree, type TreeEntry } from '../place/tree.ts';
import { RECIPE_LABEL } from '../provider/facts.ts';
import { explainDiskFull } from './disk-full.ts';
import { buildProgram, type GoContext, type GoModule, type GoProgram, listPrograms } from './go/module.ts';
import { digestInputs, stepKey } from './hash.ts';
import { labelInstruction } from './image/labels.ts';
import { programEntries, tagHolds, tagOf } from './oci/content.ts';
import type { ProvisionDeps } from './step.ts';
import { ORIGIN } from './steps/images.ts';

export interface BuiltImage {
  readonly name: string;
  /** Whether it was there as it has to be. */
  readonly cached: boolean;
}

/**
 * Builds the images of an addon from the go.mod of its folder into the local Docker: static programs and nothing else. What is
 * there of the same go.mod is not built again.
 * @throws GocliError BAD_FILE, DOWNLOAD, CHECKSUM, TOOL_MISSING, COMMAND, DISK_FULL, DOCKER
 */
export async function buildAddonImages(
  addon: Addon,
  steps: Steps,
  deps: ProvisionDeps,
): Promise<BuiltImage[]> {
  const { name, version, folder, images } = addon;
  if (images.length === 0) return [];
  return steps.run(`addon ${name}`, `Build the images of ${name} ${version}`, async (step) => {
    const key = await recipeKey(addon);
    const cached = await Promise.all(images.map((image) => hasRecipe(image.name, key, deps)));
    if (cached.every((one) => one)) {
      step.cached();
      return images.map((image) => ({ name: image.name, cached: true }));
    }
    const module: GoModule = { component: name, folder };
    const context: GoContext = {
      host: deps.host,
      signal: deps.signal,
      onLine: (message) => {
        step.progress({ message });
      },
    };
    const known = await listPrograms(module, context);
    await using scratch = await scratchFolder();
    try {
      for (const image of images) {
        const programs = image.programs.map((program) => programOf(program, image.name, addon, known));
        for (const program of programs)
          await buildProgram(module, program, join(scratch.path, program.name), {}, context);
        await makeImage(image, { folder: scratch.path, key, version }, deps);
      }
    } catch (error) {
      deps.signal.throwIfAborted();
      throw explainDiskFull(error, `images of addon ${name}`, scratch.path);
    }
    return images.map((image) => ({ name: image.name, cached: false }));
  });
}

/** All that decides the images. */
async function recipeKey({ folder, images }: Addon): Promise<string> {
  const values = { images: JSON.stringify(images) };
  const files = ['go.mod', 'go.sum'].map((name) => join(folder, name));
  return stepKey('addon', await digestInputs({ values, files }, folder));
}

async function hasRecipe(image: string, key: string, { docker }: ProvisionDeps): Promise<boolean> {
  const found = await docker.images.inspect(image);
  return found?.labels[RECIPE_LABEL] === key;
}

/** @throws GocliError BAD_FILE when go.mod has no such program, or another version of it */
function programOf(program: string, name: string, addon: Addon, programs: readonly GoProgram[]): GoProgram {
  const file = join(addon.folder, 'addon.yaml');
  const found = programs.find((one) => one.name === program);
  if (found === undefined)
    throw new GocliError(
      'BAD_FILE',
      `${file}: the image ${name} is of "${program}", which go.mod has no tool of`,
      {
        hint: `Programs of go.mod: ${programs.map((one) => one.name).join(', ')}`,
      },
    );
  if (tagHolds(tagOf(name), found.version) && tagHolds(addon.version, found.version)) return found;
  throw new GocliError(
    'BAD_FILE',
    `${file}: the image ${name} of version ${addon.version} would hold ${found.version}`,
    {
      hint: 'Change the version in addon.yaml, or that in go.mod.',
    },
  );
}

/** An image that holds nothing but programs. */
async function makeImage(
  { name, programs }: Addon['images'][number],
  { folder, key, version }: { readonly folder: string; readonly key: string; readonly version: string },
  { docker, signal, version: ownVersion }: ProvisionDeps,
): Promise<void> {
  const [first = ''] = programs;
  const labels = {
    [LABEL.version]: ownVersion,
    [RECIPE_LABEL]: key,
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.description': ORIGIN,
  };
  const changes = [
    `ENTRYPOINT ${JSON.stringify([`/usr/local/bin/${first}`])}`,
    ...Object.entries(labels).map(labelInstruction),
  ];
  const entries = new Map<string, TreeEntry>();
  for (const program of programs) {
    const path = join(folder, program);
    const { size } = await stat(path);
    for (const entry of programEntries(program, { path, size }, [])) entries.set(entry.path, entry);
  }
  await docker.images.importRootfs(packTree([...entries.values()]), name, { changes, signal });
}

async function scratchFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'gocli-addon-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
