import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import { runTool } from '../frozen/tool.ts';
import { makeKeeper, removeKeeper, type Keeper, type KeeperCopy } from '../place/keeper.ts';
import { LABEL } from '../place/labels.ts';
import { readerImage } from '../place/reader-image.ts';
import type { ContainerInfo, Docker, Labels, Mount } from '../place/interface.ts';
import { gocliCommand } from '../shared/command.ts';
import { parseJson } from '../shared/json.ts';
import { formatBytes } from '../shared/size.ts';
import { notice, type RigDeps } from './deps.ts';
import { rigNames, type Identity } from './identity.ts';
import { inside } from './inside.ts';
import type { Listing } from './listing.ts';
import { dataVolume, isAside } from './names.ts';
import { partOf } from './parts.ts';

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
}

const recordSchema = z.object({ format: z.literal(1), bytes: z.int().nonnegative(), since: z.int() });

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
      const { bytes, since } = data ?? { bytes: 0, since: 0 };
      return { name: names.get(rig) ?? rig, rig, keeper, bytes, since, provider: labels[LABEL.provider] };
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

/** What is kept of one, and what becomes of it. */
export function keptWords({ name, bytes }: Pick<KeptRegistry, 'name' | 'bytes'>): string {
  return `what the registry of ${name} stored is kept (${formatBytes(bytes)}): the next gocli run of that name has it, and ${gocliCommand('rm', name)} removes it`;
}

/** Where the copy of the keeper lies, whatever the rig is called. */
function copyOf(rig: string): KeeperCopy {
  return { at: DATA, name: keptName(rig) };
}

const DATA = '/data';
const STORE = '/data/registry';
/** Nothing when it stores no repository: what else it has then nobody would miss. */
const MEASURE = `[ -n "$(ls -A "$1/docker/registry/v2/repositories" 2>/dev/null)" ] || exit 0
du -sk "$1" | cut -f1`;

/**
 * Marks what the registry of a rig stores as kept, before anything of the rig goes: nothing removes the volume then.
 * @returns its bytes; undefined when there is nothing to keep
 * @throws GocliError NOT_READY (a restore was not finished, so that it is not clear what it stores), COMMAND, IMAGE_MISSING
 */
export async function keepRegistry(
  rig: Identity,
  listing: Pick<Listing, 'containers' | 'volumes'> & { readonly before: readonly KeptRegistry[] },
  deps: Pick<RigDeps, 'docker' | 'signal' | 'clock' | 'run' | 'version'>,
): Promise<number | undefined> {
  const { docker, clock, version } = deps;
  const own = listing.containers.filter(({ labels }) => labels[LABEL.cluster] === rig.id);
  if (own.some(isAside)) throw unclear(rig.name);
  const volumes = listing.volumes.filter(({ labels }) => labels[LABEL.cluster] === rig.id);
  if (!volumes.some(({ name }) => name === dataVolume(rig.id))) return undefined;
  await using image = await imageFor(rig.id, listing, docker);
  const bytes = await measure(rig, own, image.id, deps);
  // One of a removal that was killed says another size, perhaps.
  for (const old of listing.before) await forgetKept(old, docker);
  if (bytes === undefined) return undefined;
  const provider = [...own, ...volumes].find(({ labels }) => labels[LABEL.provider] !== undefined);
  const labels = {
    [LABEL.role]: 'kept',
    [LABEL.owner]: rig.id,
    [LABEL.provider]: provider?.labels[LABEL.provider] ?? '',
    [LABEL.version]: version,
    [LABEL.manifest]: JSON.stringify({ format: 1, bytes, since: clock.now() }),
  };
  const keeper: Keeper = { name: keptName(rig.name), image: image.id, mounts: [mountOf(rig.id)], labels };
  await makeKeeper(docker, keeper, copyOf(rig.id));
  return bytes;
}

function unclear(name: string): GocliError {
  return new GocliError('NOT_READY', `what the registry of "${name}" stores cannot be kept now`, {
    observed: 'a restore of it was not finished: part of what it stored lies aside',
    hint: `Let what ran before go on (${gocliCommand('resume', name)}), then try again`,
  });
}

function mountOf(rig: string): Mount {
  return { type: 'volume', source: dataVolume(rig), target: DATA };
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

/** Asked in the registry where it runs, else in a container made for it. @throws GocliError COMMAND */
async function measure(
  { id, name }: Identity,
  own: readonly ContainerInfo[],
  image: string,
  { docker, signal, run }: Pick<RigDeps, 'docker' | 'signal' | 'run'>,
): Promise<number | undefined> {
  const registry = partOf(own, 'registry');
  if (registry?.state === 'running') {
    const handle = { container: registry.id, node: `the registry of ${name}` };
    return bytesOf(await inside(docker, handle, MEASURE, [STORE]));
  }
  const tool = {
    name: `gocli-measure-${run}`,
    image,
    labels: { [LABEL.cluster]: id, [LABEL.run]: run },
    mounts: [{ ...mountOf(id), readOnly: true }],
    script: MEASURE,
    arguments: [STORE],
  };
  const { exitCode, output } = await runTool(docker, tool, signal);
  if (exitCode === 0) return bytesOf(output);
  throw new GocliError('COMMAND', `what the registry of ${name} stores cannot be measured`, {
    observed: output.trim(),
  });
}

function bytesOf(output: string): number | undefined {
  const kibibytes = Number.parseInt(output, 10);
  return Number.isNaN(kibibytes) ? undefined : kibibytes * 1024;
}

/** Nobody finds it any more; the volume stays where it is. */
export async function forgetKept({ keeper, rig }: KeptRegistry, docker: Docker): Promise<void> {
  await removeKeeper(docker, keeper, copyOf(rig));
}

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
  const text = `The registry of ${kept.name} has what was kept of the one before: ${formatBytes(kept.bytes)}, since ${since}.`;
  notice(deps, text);
  // Left behind it is the rig's all the same, and goes with it.
  await forgetKept(kept, deps.docker).catch(() => undefined);
}
