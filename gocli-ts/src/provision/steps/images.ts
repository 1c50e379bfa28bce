import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageConfig } from '../../provider/schema.ts';
import { GocliError } from '../../errors/error.ts';
import { type Extracted, extractPackages } from '../debian/extract.ts';
import { namesOf, packageEntries, programEntries, tagHolds, tagOf } from '../oci/content.ts';
import { type ImageBlobs, imageBlobs } from '../oci/image.ts';
import { type LayerFile, writeLayer, writeLayout } from '../oci/layout.ts';
import { resultOf } from '../image/results.ts';
import type { ProvisionStep, StepContext } from '../step.ts';
import { PROGRAM_FOLDER, type ProgramVersions } from './built-before.ts';
import { VERSIONS_FILE } from './components.ts';

/** All images of the provider, in the result of the step: an OCI layout as one tar archive. */
export const IMAGES_FILE = 'images.tar';

/** Says of an image, to whoever inspects it, that it is not the one its name stands for elsewhere. */
export const ORIGIN = 'built from source by gocli, not by the project that owns the name';

/** Component programs and Debian packages to container images. */
export function imagesStep(): ProvisionStep {
  return {
    name: 'images',
    title: 'Make container images',
    needs: ['resolve', 'components'],
    inputs: ({ provider: { images, components } }) => ({
      values: {
        images: JSON.stringify(images),
        names: JSON.stringify(components.map(({ name, names }) => [name, names])),
      },
      files: [],
    }),
    run: makeImages,
  };
}

async function makeImages(context: StepContext): Promise<void> {
  const { recipe, output, signal, step } = context;
  const versions = await readVersions(context);
  const layers = new LayerCache(context);
  const images: ImageBlobs[] = [];
  for (const [at, image] of recipe.provider.images.entries()) {
    step.progress({ message: `image ${at + 1} of ${recipe.provider.images.length}, ${image.name}` });
    images.push(
      imageBlobs({
        name: image.name,
        layers: await layersOf(image, layers),
        entrypoint: image.entrypoint,
        labels: {
          'org.opencontainers.image.version': checkedVersion(image, versions),
          'org.opencontainers.image.description': ORIGIN,
        },
      }),
    );
  }
  await writeLayout(join(output, IMAGES_FILE), images, layers.all(), signal);
  step.note(`${images.length} images`);
}

/**
 * Programs are the lowest layers: containerd unpacks a layer once per stack of layers below it, so the images of one
 * program then share it on the node's disk too.
 */
async function layersOf(
  { packages, links, programs }: ImageConfig,
  layers: LayerCache,
): Promise<LayerFile[]> {
  const stack: LayerFile[] = [];
  for (const program of programs) stack.push(await layers.ofProgram(program));
  if (packages.length > 0) stack.push(await layers.ofPackages(packages, links));
  return stack;
}

/**
 * The version in the image's tag, which must be that of its programs.
 * @throws GocliError BAD_FILE
 */
export function checkedVersion({ name, programs }: ImageConfig, versions: ProgramVersions): string {
  const tag = tagOf(name);
  for (const program of programs) {
    const version = versions[program];
    if (version !== undefined && tagHolds(tag, version)) continue;
    throw new GocliError(
      'BAD_FILE',
      `provider.yaml: the image ${name} would hold ${program} ${version ?? 'of no component'}`,
      { hint: 'Change the tag in provider.yaml, or the version in the go.mod of the component.' },
    );
  }
  return tag.replace(/^v/, '');
}

async function readVersions(context: StepContext): Promise<ProgramVersions> {
  return JSON.parse(
    await readFile(join(resultOf(context, 'components'), VERSIONS_FILE), 'utf8'),
  ) as ProgramVersions;
}

/** Layers made so far: images that hold the same program share one. */
class LayerCache {
  readonly #context: StepContext;
  readonly #made = new Map<string, LayerFile>();

  constructor(context: StepContext) {
    this.#context = context;
  }

  all(): LayerFile[] {
    return [...this.#made.values()];
  }

  async ofProgram(program: string): Promise<LayerFile> {
    const { recipe, scratch, signal } = this.#context;
    return this.#once(program, async () => {
      const path = join(resultOf(this.#context, 'components'), PROGRAM_FOLDER, program);
      const { size } = await stat(path);
      const names = namesOf(program, recipe.provider.components);
      return writeLayer(scratch, programEntries(program, { path, size }, names), signal);
    });
  }

  async ofPackages(packages: readonly string[], links: ImageConfig['links']): Promise<LayerFile> {
    const { scratch, signal } = this.#context;
    return this.#once(JSON.stringify([packages, links]), async () => {
      const { entries, versions } = await this.#extract(packages);
      return writeLayer(scratch, packageEntries(entries, links, versions), signal);
    });
  }

  async #extract(packages: readonly string[]): Promise<Extracted> {
    const { host, scratch, signal } = this.#context;
    const pins = join(resultOf(this.#context, 'resolve'), 'images.list');
    return extractPackages({ packages, pins, scratch, host, signal });
  }

  async #once(key: string, make: () => Promise<LayerFile>): Promise<LayerFile> {
    const made = this.#made.get(key) ?? (await make());
    this.#made.set(key, made);
    return made;
  }
}
