import { join } from 'node:path';
import { LABEL } from '../place/labels.ts';
import type { ImageInfo } from '../place/port.ts';
import { factsOf, type ProviderFacts } from '../provider/facts.ts';
import { listProviderFolders } from '../provider/folders.ts';
import type { Context, NoRequest } from './context.ts';
import { localImage } from './provider-image.ts';

export interface ListedProvider {
  readonly name: string;
  /** What it is made from; null when this checkout does not have it. */
  readonly folder: string | null;
  readonly images: readonly Omit<ImageInfo, 'labels'>[];
}

export interface ProviderLsResult {
  readonly providers: readonly ListedProvider[];
}

export interface ProviderShowRequest {
  readonly name: string;
}

export interface ProviderShowResult {
  readonly name: string;
  readonly reference: string;
  readonly image: ImageInfo;
  readonly facts: ProviderFacts;
}

/** Providers that have a folder in the checkout or an image on this host, by name. */
export async function ls(_request: NoRequest, context: Context): Promise<ProviderLsResult> {
  const folders = await listProviderFolders(join(context.checkout, 'cluster-provision'));
  const images = await context.docker.images.list({ [LABEL.provider]: '' });
  const nameOf = ({ labels }: ImageInfo): string => labels[LABEL.provider] ?? '';
  const names = [...new Set([...folders.map(({ name }) => name), ...images.map(nameOf)])].sort();
  const providers = names.map((name) => ({
    name,
    folder: folders.find((one) => one.name === name)?.folder ?? null,
    images: images
      .filter((image) => nameOf(image) === name)
      .map(({ id, tags, size, created }) => ({ id, tags, size, created })),
  }));
  return { providers };
}

/** The local image of a provider. @throws GocliError PROVIDER_UNKNOWN, IMAGE_MISSING */
export async function show({ name }: ProviderShowRequest, context: Context): Promise<ProviderShowResult> {
  const { reference, image } = await localImage({ provider: name }, context);
  return { name, reference, image, facts: factsOf(image, reference) };
}
