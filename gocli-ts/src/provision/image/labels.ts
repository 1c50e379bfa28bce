import type { ProviderConfig } from '../../provider/schema.ts';
import { FACTS_LABEL, providerFacts, RECIPE_LABEL } from '../../provider/facts.ts';
import { LABEL } from '../../place/labels.ts';

/** Labels of a provider image beside those of every object. */
const IMAGE_LABEL = {
  kubernetes: 'io.gocli.kubernetes.version',
  /** JSON: version by program or package, read from the result. */
  components: 'io.gocli.components',
} as const;

export interface ImageFacts {
  readonly provider: ProviderConfig;
  /** For whoever inspects the image. */
  readonly description: string;
  readonly recipeHash: string;
  /** Version of gocli. */
  readonly version: string;
  readonly components: Readonly<Record<string, string>>;
}

/** Everything an image inspect should tell of a provider image. */
export function imageLabels({
  provider,
  description,
  recipeHash,
  version,
  components,
}: ImageFacts): Record<string, string> {
  const kubernetes = provider.kubernetes?.version;
  return {
    [LABEL.provider]: provider.name,
    [LABEL.role]: 'provider',
    [LABEL.version]: version,
    // The container that the image was committed from carried this run's label; the image outlives the run.
    [LABEL.run]: '',
    [FACTS_LABEL]: JSON.stringify(providerFacts(provider)),
    [RECIPE_LABEL]: recipeHash,
    ...(kubernetes === undefined ? {} : { [IMAGE_LABEL.kubernetes]: kubernetes }),
    [IMAGE_LABEL.components]: JSON.stringify(components),
    'org.opencontainers.image.title': `gocli/${provider.name}`,
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.version': kubernetes ?? version,
    'org.opencontainers.image.licenses': 'Apache-2.0',
  };
}

/** A LABEL instruction of a Dockerfile; `$` would begin a variable in it. */
export function labelInstruction([name, value]: readonly [string, string]): string {
  return `LABEL ${JSON.stringify(name)}=${JSON.stringify(value).replaceAll('$', '\\$')}`;
}
