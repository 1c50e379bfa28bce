import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { makeKeeper, removeKeeper, rewriteCopy, type Keeper, type KeeperCopy } from '../place/keeper.ts';
import { LABEL } from '../place/labels.ts';
import { readerImage } from '../place/reader-image.ts';
import type { ContainerInfo, Docker, Labels } from '../place/interface.ts';
import { gocliCommand } from '../shared/command.ts';
import { parseJson } from '../shared/json.ts';
import { formatBytes } from '../shared/size.ts';
import { notice, type RigDeps } from './deps.ts';
import { rigNames, type Identity } from './identity.ts';
import type { Listing } from './listing.ts';
import { dataVolume } from './names.ts';
import { DATA, dataOf, emptyStore, storedBytes } from './registry-store.ts';
import { wasReady } from './life.ts';
import type { RigState } from './state.ts';

/**
 * What the registry of a removed rig stored, in the data volume that it had: kept for the next rig of that name. Its
 * keeper says so, and a copy of that beside it. It goes when that rig was Ready, so that a start which fails or is killed
 * has lost nothing.
 */
export interface KeptRegistry {
  /** Name of the rig that it was of, and that may have it. */
  readonly name: string;
  /** Id of that rig. */
  readonly rig: string;
  readonly keeper: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly provider: string | undefined;
  /** Who started that rig, as `alice (uid 1000)`. */
  readonly user: string | undefined;
  /** Runs of gocli that made that rig: by what another one made, a later rig is told from what a killed rm left of it. */
  readonly runs: readonly string[];
}

const recordSchema = z.object({
  format: z.literal(1),
  bytes: z.int().nonnegative(),
  since: z.int(),
  runs: z.array(z.string()).default([]),
});

/** The container that is the keeper. */
function keptName(rig: string): string {
  return `${rig}-kept`;
}

/** Whether a keeper is of such a registry, by its labels. */
export function isKept({ labels }: { readonly labels: Labels }): boolean {
  return labels[LABEL.role] === 'kept';
}

/** What is kept, among containers that are listed; by name. One whose labels are damaged counts as empty. */
export function keptAmong(containers: readonly ContainerInfo[]): KeptRegistry[] {
  const names = rigNames(containers);
  return containers
    .filter(isKept)
    .map(({ id: keeper, labels }) => {
      const rig = labels[LABEL.owner] ?? '';
      const { data } = recordSchema.safeParse(parseJson(labels[LABEL.manifest]));
      const { bytes, since, runs } = data ?? { bytes: 0, since: 0, runs: [] };
      const { [LABEL.provider]: said, [LABEL.user]: user } = labels;
      const provider = said === '' ? undefined : said;
      return { name: names.get(rig) ?? rig, rig, keeper, bytes, since, provider, user, runs };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What is kept of rigs that are not there: what a killed command left beside one that lives is that one's. */
export async function keptRegistries(
  docker: Docker,
  there: readonly Pick<Identity, 'id'>[],
): Promise<KeptRegistry[]> {
  const all = keptAmong(await docker.containers.list({ [LABEL.role]: '' }));
  return all.filter(({ rig }) => !there.some(({ id }) => id === rig));
}

/**
 * Whether a later rig of that id has it: one that was Ready, its user-data among that. Until then it is kept, whatever is
 * there, and nothing forgets it but an `rm` of the name where nothing else is.
 * @param state that of what is there now
 */
export function isTaken({ runs }: KeptRegistry, state: RigState | undefined): boolean {
  if (!wasReady(state) || runs.includes(state.run)) return false;
  const { userData } = state.plan.host;
  return userData === undefined || userData === state.userData;
}

/** What is kept of one, and what becomes of it. */
export function keptWords({
  name,
  bytes,
  user,
}: Pick<KeptRegistry, 'name' | 'bytes'> & { readonly user?: string | undefined }): string {
  const whose = user === undefined ? '' : `, of ${user}`;
  return `what the registry of ${name} stored is kept (${formatBytes(bytes)}${whose}): the next gocli run of that name has it, and ${gocliCommand('rm', name)} removes it`;
}

/** Where the copy of the keeper lies, whatever the rig is called. */
function copyOf(rig: string): KeeperCopy {
  return { at: DATA, name: keptName(rig) };
}

/**
 * Marks what the registry of a rig stores as kept, before anything of the rig goes: nothing removes the volume then.
 * @param known `before`: what was kept for it, and it has taken; `runs`: those that made it, as far as its record says
 * @returns its bytes; undefined when there is nothing to keep
 * @throws GocliError COMMAND, IMAGE_MISSING
 */
export async function keepRegistry(
  rig: Identity,
  listing: Pick<Listing, 'containers' | 'volumes'>,
  { before, runs }: { readonly before: readonly KeptRegistry[]; readonly runs: readonly string[] },
  deps: Pick<RigDeps, 'docker' | 'signal' | 'clock' | 'run' | 'version'>,
): Promise<number | undefined> {
  const { docker, clock, version } = deps;
  const own = listing.containers.filter(({ labels }) => labels[LABEL.cluster] === rig.id);
  const volumes = listing.volumes.filter(({ labels }) => labels[LABEL.cluster] === rig.id);
  if (!volumes.some(({ name }) => name === dataVolume(rig.id))) return undefined;
  await using image = await imageFor(rig.id, listing, docker);
  const bytes = await storedBytes(rig, own, image.id, deps);
  // Of those the rig that is there has it, whose own is kept now.
  for (const old of before) await forgetKept(old, docker);
  if (bytes === undefined) return undefined;
  const all = [...new Set([...runs, ...own.flatMap((one) => one.labels[LABEL.run] ?? [])])];
  const said = (label: string): Labels => {
    const one = [...own, ...volumes].find(({ labels }) => labels[label] !== undefined);
    return one === undefined ? {} : { [label]: one.labels[label] ?? '' };
  };
  const labels = {
    // Else the keeper would have that of its image, which need not be the rig's.
    [LABEL.provider]: '',
    ...said(LABEL.provider),
    ...said(LABEL.user),
    [LABEL.role]: 'kept',
    [LABEL.owner]: rig.id,
    [LABEL.version]: version,
    [LABEL.manifest]: JSON.stringify({ format: 1, bytes, since: clock.now(), runs: all }),
  };
  const keeper: Keeper = { name: keptName(rig.name), image: image.id, mounts: [dataOf(rig.id)], labels };
  await makeKeeper(docker, keeper, copyOf(rig.id));
  return bytes;
}

type Lasting = Awaited<ReturnType<typeof readerImage>>;

/** Any image will do: the keeper is never started. That of the rig is there most often. @throws GocliError IMAGE_MISSING */
async function imageFor(
  rig: string,
  { containers, volumes }: Pick<Listing, 'containers' | 'volumes'>,
  docker: Docker,
): Promise<Lasting> {
  const container = containers.find(
    ({ labels }) => labels[LABEL.cluster] === rig || labels[LABEL.owner] === rig,
  );
  const volume = volumes.find(
    ({ labels }) => labels[LABEL.cluster] === rig && labels[LABEL.image] !== undefined,
  );
  const own = container?.imageId ?? volume?.labels[LABEL.image];
  if (own !== undefined && (await docker.images.inspect(own)) !== undefined)
    return { id: own, lasts: true, [Symbol.asyncDispose]: () => Promise.resolve() };
  const any = await readerImage(docker);
  if (any.lasts) return any;
  await any[Symbol.asyncDispose]();
  throw new GocliError('IMAGE_MISSING', 'nothing can hold what the registry stores: there is no image left', {
    hint: 'Fetch or load the image of any provider, then try again',
  });
}

/** Removes what the registry of an earlier rig stored from the volume, but what is kept. @throws GocliError COMMAND, IMAGE_MISSING */
export function emptyUnlessKept(
  rig: Identity,
  image: string,
  deps: Pick<RigDeps, 'docker' | 'signal' | 'run'>,
): Promise<void> {
  return emptyStore(rig, keptName(rig.id), image, deps);
}

/** Nobody finds it any more; the volume stays where it is. */
export async function forgetKept({ keeper, rig }: KeptRegistry, docker: Docker): Promise<void> {
  await removeKeeper(docker, keeper, copyOf(rig));
}

/** Has the keeper say that its rig is called otherwise: its copy first, from which it is made anew. */
export async function renameKept(
  docker: Docker,
  { id, imageId: image, labels }: ContainerInfo,
  name: string,
): Promise<void> {
  const rig = labels[LABEL.owner] ?? '';
  // Those of its image are no part of it.
  const own = Object.fromEntries(Object.entries(labels).filter(([label]) => OWN_LABELS.has(label)));
  await rewriteCopy(docker, id, { name, image, labels: own, mounts: [dataOf(rig)] }, copyOf(rig));
  await docker.containers.rename(id, name);
}

const OWN_LABELS: ReadonlySet<string> = new Set([
  LABEL.role,
  LABEL.owner,
  LABEL.provider,
  LABEL.user,
  LABEL.version,
  LABEL.manifest,
]);

/** The keeper of a copy as it is made anew after `docker container prune`; undefined when no image could hold it. */
export async function keptAgain(
  copy: Keeper,
  called: string | undefined,
  docker: Docker,
  reader: Lasting,
): Promise<Keeper | undefined> {
  const named = called === undefined ? copy : { ...copy, name: keptName(called) };
  if ((await docker.images.inspect(copy.image)) !== undefined) return named;
  return reader.lasts ? { ...named, image: reader.id } : undefined;
}

/** Says that a new rig has it, and forgets that it was kept: it is the rig's now. */
export async function takeKept(kept: KeptRegistry, deps: RigDeps): Promise<void> {
  const since = new Date(kept.since).toISOString();
  const whose = kept.user === undefined ? '' : `, of ${kept.user}`;
  const text = `The registry of ${kept.name} has what was kept of the one before: ${formatBytes(kept.bytes)}, since ${since}${whose}.`;
  notice(deps, text);
  // Left behind it is the rig's all the same, and goes with it.
  await forgetKept(kept, deps.docker).catch(() => undefined);
}
