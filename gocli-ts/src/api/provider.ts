import { LABEL } from '../place/labels.ts';
import type { ImageInfo } from '../place/interface.ts';
import { factsOf, type ProviderFacts } from '../provider/facts.ts';
import { providerNameOf } from '../provider/name.ts';
import { cachedSteps } from '../provision/provider-cache.ts';
import { provisionSteps } from '../provision/steps.ts';
import { kindOf } from '../rig/kind.ts';
import { stock } from '../rig/template/stock.ts';
import type { Context, NoRequest } from './context.ts';
import { foldersOf, localImage, provisionRoot } from './provider-image.ts';
import { settingsOrNotice } from './settings.ts';

export interface ListedProvider {
  readonly name: string;
  /** What it is made from; null when this checkout does not have it. */
  readonly folder: string | null;
  readonly images: readonly Omit<ImageInfo, 'labels'>[];
  /** Bytes on disk of its templates. */
  readonly templateBytes: number;
  /** Bytes on disk of the results of its steps, those that it shares with others among them; null when it cannot be read. */
  readonly cacheBytes: number | null;
}

export interface ProviderLsResult {
  readonly providers: readonly ListedProvider[];
}

export interface ProviderShowRequest {
  /** `k8s-1.36` or `k8s/1.36` */
  readonly name: string;
}

export interface ProviderShowResult {
  readonly name: string;
  readonly reference: string;
  readonly image: ImageInfo;
  readonly facts: ProviderFacts;
  /** What rigs of each kind bring up, and the version of it: null for the kinds that the provider is not of. */
  readonly products: readonly { readonly title: string; readonly version: string | null }[];
}

/** Providers that have a folder in the checkout or an image on this host, by name. */
export async function ls(_request: NoRequest, context: Context): Promise<ProviderLsResult> {
  const folders = await foldersOf(context);
  const images = await context.docker.images.list({ [LABEL.provider]: '' });
  const templates = await stock(context);
  const settings = await settingsOrNotice(context);
  const cached = await cachedSteps(provisionRoot(context), provisionSteps(false), context.paths, settings);
  const nameOf = ({ labels }: ImageInfo): string => labels[LABEL.provider] ?? '';
  const names = [...new Set([...folders.map(({ name }) => name), ...images.map(nameOf)])].sort();
  const providers = names.map((name) => {
    const results = cached.get(name);
    return {
      name,
      folder: folders.find((one) => one.name === name)?.folder ?? null,
      images: images
        .filter((image) => nameOf(image) === name)
        .map(({ id, tags, size, created }) => ({ id, tags, size, created })),
      templateBytes: sum(templates.filter(({ provider }) => provider === name)),
      cacheBytes: results === undefined ? null : sum(results),
    };
  });
  return { providers };
}

function sum(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((total, { bytes }) => total + bytes, 0);
}

/** The local image of a provider. @throws GocliError PROVIDER_UNKNOWN (of a kind that is not known, too), IMAGE_MISSING */
export async function show(request: ProviderShowRequest, context: Context): Promise<ProviderShowResult> {
  const name = providerNameOf(request.name);
  const { reference, image } = await localImage({ provider: name }, context);
  const facts = factsOf(image, reference);
  const kind = kindOf(context.kinds, facts);
  const products = context.kinds.flatMap(({ product, name: of }) =>
    product === undefined
      ? []
      : [{ title: product.title, version: of === kind.name ? product.version(facts) : null }],
  );
  return { name, reference, image, facts, products };
}
