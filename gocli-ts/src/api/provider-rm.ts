import { Failures } from '../errors/several.ts';
import { GocliError } from '../errors/error.ts';
import { unpublishTemplate } from '../frozen/templates.ts';
import { LABEL } from '../place/labels.ts';
import type { ImageInfo } from '../place/interface.ts';
import { type CachedStep, cachedSteps, removeSteps } from '../provision/provider-cache.ts';
import { provisionSteps } from '../provision/steps.ts';
import { providerNameOf } from '../provider/name.ts';
import { findRigs } from '../rig/find.ts';
import { isKept, keptAmong } from '../rig/kept-registry.ts';
import { restoreSnapshots } from '../rig/snapshot/restore-keepers.ts';
import { stock, type StockItem } from '../rig/template/stock.ts';
import { gocliCommand } from '../shared/command.ts';
import { didYouMean } from '../shared/text.ts';
import type { Context } from './context.ts';
import { foldersOf, provisionRoot } from './provider-image.ts';
import { settingsOrNotice } from './settings.ts';

export interface ProviderRmRequest {
  readonly name: string;
}

/** What a provider has on this host, or had. Sizes are bytes on disk. */
export interface ProviderRmResult {
  readonly provider: string;
  readonly images: readonly {
    readonly id: string;
    readonly tags: readonly string[];
    readonly bytes: number;
  }[];
  readonly templates: readonly { readonly id: string; readonly bytes: number }[];
  /** Results of steps that no other provider needs. */
  readonly cache: readonly { readonly step: string; readonly key: string; readonly bytes: number }[];
  readonly bytes: number;
}

interface Belongings {
  readonly provider: string;
  readonly images: readonly ImageInfo[];
  readonly templates: readonly StockItem[];
  readonly cache: readonly CachedStep[];
}

/** What {@link rm} would remove. @throws GocliError PROVIDER_UNKNOWN, CONFLICT as there */
export async function removal(request: ProviderRmRequest, context: Context): Promise<ProviderRmResult> {
  return told(await belongingsOf(request, context));
}

/**
 * Removes image, templates and cached steps of a provider. Its folder stays, and what other providers need.
 * @throws GocliError PROVIDER_UNKNOWN; CONFLICT when clusters or snapshots need its image; what one part met, once all were
 * tried
 */
export async function rm(request: ProviderRmRequest, context: Context): Promise<ProviderRmResult> {
  const { docker } = context;
  const found = await belongingsOf(request, context);
  const failures = new Failures();
  for (const { template } of found.templates) await failures.part(() => unpublishTemplate(docker, template));
  for (const { id, tags } of found.images) {
    for (const reference of tags.length === 0 ? [id] : tags)
      await failures.part(() => docker.images.remove(reference));
  }
  await failures.part(() => removeSteps(found.cache));
  failures.throw((count) => `${count.toFixed(0)} parts of ${found.provider} were not removed`);
  return told(found);
}

async function belongingsOf({ name }: ProviderRmRequest, context: Context): Promise<Belongings> {
  const { docker, paths } = context;
  const provider = providerNameOf(name);
  const [folders, labelled] = await Promise.all([
    foldersOf(context),
    docker.images.list({ [LABEL.provider]: provider }),
  ]);
  const folder = folders.find((one) => one.name === provider);
  const templates = (await stock(context)).filter((item) => item.provider === provider);
  if (folder === undefined && labelled.length === 0 && templates.length === 0) {
    const names = folders.map((one) => one.name);
    throw new GocliError(
      'PROVIDER_UNKNOWN',
      `there is no provider "${name}".${didYouMean(provider, names)}`,
      {
        hint: `Providers: ${names.join(', ')}`,
      },
    );
  }
  await refuseInUse(provider, labelled, context);
  // Which results are its own cannot be told of one that is not read.
  const settings = await settingsOrNotice(context);
  const all = await cachedSteps(provisionRoot(context), provisionSteps(false), paths, settings);
  const cache = (all.get(provider) ?? []).filter(({ shared }) => !shared);
  return { provider, images: labelled, templates, cache };
}

/** Clusters, stopped ones among them, and snapshots, which are begun again on the image. */
async function refuseInUse(
  provider: string,
  images: readonly ImageInfo[],
  { docker, paths }: Context,
): Promise<void> {
  const ids = images.map(({ id }) => id);
  // What `docker container prune` took from the lists lies in its volumes all the same.
  await restoreSnapshots(docker);
  const rigs = (await findRigs(docker, paths)).filter(
    ({ state }) => state !== undefined && ids.includes(state.plan.host.imageId),
  );
  const containers = await docker.containers.list({ [LABEL.version]: '' });
  const users = containers.filter(
    ({ imageId, labels }) => ids.includes(imageId) && labels[LABEL.role] !== 'template',
  );
  const kept = keptAmong(containers).filter(({ keeper }) => users.some(({ id }) => id === keeper));
  const names = [
    ...new Set([
      ...users
        .filter((one) => !isKept(one))
        .map(({ labels, name }) => labels[LABEL.cluster] ?? labels[LABEL.owner] ?? name),
      ...rigs.map(({ name }) => name),
    ]),
  ].sort();
  if (names.length === 0 && kept.length === 0) return;
  const whats = [...names, ...kept.map((one) => `what is kept of the registry of ${one.name}`)];
  const hints = [
    ...(names.length === 0
      ? []
      : [
          'Those clusters and their snapshots need its image; gocli ls --all and gocli snapshot ls list them.',
        ]),
    ...kept.map(({ name }) => `What is kept goes with: ${gocliCommand('rm', name)}`),
  ];
  throw new GocliError('CONFLICT', `${provider} is in use by ${whats.join(', ')}`, { hint: hints.join(' ') });
}

function told({ provider, images, templates, cache }: Belongings): ProviderRmResult {
  const parts = {
    images: images.map(({ id, tags, size }) => ({ id, tags, bytes: size })),
    templates: templates.map(({ template, bytes }) => ({ id: template.id, bytes })),
    cache: cache.map(({ step, key, bytes }) => ({ step, key, bytes })),
  };
  const bytes = Object.values(parts)
    .flat()
    .reduce((sum, part) => sum + part.bytes, 0);
  return { provider, ...parts, bytes };
}
