import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import type { ImageInfo } from '../place/interface.ts';
import { parseJson } from '../shared/json.ts';
import { parseMiB } from '../shared/size.ts';
import { sectionsIn, type ProviderConfig } from './schema.ts';

/** Label of a provider image that carries {@link ProviderFacts} as JSON, so that one image inspect tells everything. */
export const FACTS_LABEL = 'io.gocli.provider.facts';

/** Label with the key of the step that made a provider image: equal recipes have equal ones. */
export const RECIPE_LABEL = 'io.gocli.recipe';

/** Schema of what a start needs to know of a provider image; one further key is the section of its kind. */
export const providerFactsSchema = z.looseObject({
  /** Version of this format. */
  format: z.literal(1),
  name: z.string(),
  defaults: z.object({
    nodes: z.int(),
    cpus: z.int(),
    memoryMiB: z.int(),
    /** Size of the disk; absent in images whose runner cannot make a larger one. */
    diskMiB: z.int().optional(),
  }),
  kernelArgs: z.array(z.string()),
  /** False for a guest that lives in its initramfs. */
  disk: z.boolean(),
  /** See `warm` of provider.yaml; absent in images that were made when gocli warmed clusters up by what it knew itself. */
  warm: z.array(z.string()).optional(),
});

export type ProviderFacts = z.infer<typeof providerFactsSchema>;

/** What a cluster start needs to know of a provider; it travels as a label of its image. */
export function providerFacts(provider: ProviderConfig): ProviderFacts {
  const { name, kernelArgs, defaults, warm } = provider;
  return {
    format: 1,
    name,
    defaults: {
      nodes: defaults.nodes,
      cpus: defaults.cpus,
      memoryMiB: parseMiB(defaults.memory, 'defaults.memory'),
      diskMiB: parseMiB(defaults.disk, 'defaults.disk'),
    },
    kernelArgs,
    disk: true,
    warm,
    ...sectionsIn(provider),
  };
}

/** Facts of a provider image. @throws GocliError IMAGE_MISSING when it is not one */
export function factsOf(image: ImageInfo, reference: string): ProviderFacts {
  const parsed = providerFactsSchema.safeParse(parseJson(image.labels[FACTS_LABEL]));
  if (parsed.success) return parsed.data;
  throw new GocliError('IMAGE_MISSING', `${reference} is not a provider image of this version of gocli`, {
    hint: 'Build one: gocli provision cluster-provision/k8s/<version>',
  });
}
