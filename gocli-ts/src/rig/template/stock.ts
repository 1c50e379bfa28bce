import { readdir, rm, stat, statfs, utimes } from 'node:fs/promises';
import type { StatsFs } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failures } from '../../errors/several.ts';
import { LABEL } from '../../place/labels.ts';
import type { Docker } from '../../place/interface.ts';
import { evictions, type Evicted } from '../../frozen/eviction.ts';
import {
  listTemplates,
  restoreTemplates,
  sweepTemplates,
  unpublishTemplate,
  type Template,
} from '../../frozen/templates.ts';
import { sweepTemporary, writeAtomic } from '../../host/atomic-files.ts';
import { rigFolder, type Paths } from '../../host/paths.ts';
import type { RigDeps } from '../deps.ts';
import { nameBorne } from '../identity.ts';
import { stateNames } from '../state.ts';
import { guestOf } from './choose.ts';

/** Bytes of a block as stat(2) counts them. */
const BLOCK = 512;
/** Part of the free disk that templates may take when the user does not say. */
const DEFAULT_SHARE = 4;

/** A template and what is known of its use. */
export interface StockItem {
  readonly template: Template;
  readonly provider: string;
  readonly nodes: number;
  /** Bytes on disk of memory and state. */
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lastUse: number;
  /** Names of clusters that were thawed from it. */
  readonly usedBy: readonly string[];
  readonly hasImage: boolean;
}

type StockDeps = Pick<RigDeps, 'docker' | 'paths' | 'clock'>;

/** All templates, the newest first. */
export async function stock({ docker, paths }: Pick<StockDeps, 'docker' | 'paths'>): Promise<StockItem[]> {
  await restoreTemplates(docker);
  const [templates, machines] = await Promise.all([
    listTemplates(docker),
    docker.containers.list({ [LABEL.role]: 'node', [LABEL.template]: '' }),
  ]);
  const items = await Promise.all(
    templates.map(async (template) => {
      const users = machines.filter(({ labels }) => labels[LABEL.template] === template.id);
      const usedBy = [
        ...new Set(users.map((node) => nameBorne(node) ?? node.labels[LABEL.cluster] ?? '')),
      ].sort();
      return itemOf(template, usedBy, await lastUse(paths, template.id), docker);
    }),
  );
  return items.sort((a, b) => b.createdAt - a.createdAt);
}

async function itemOf(
  template: Template,
  usedBy: readonly string[],
  used: number | undefined,
  docker: Docker,
): Promise<StockItem> {
  const { manifest } = template;
  const intact = typeof manifest === 'string' ? undefined : manifest;
  const createdAt = intact?.createdAt ?? 0;
  return {
    template,
    provider: (intact && guestOf(intact)?.provider) ?? '-',
    nodes: intact?.machines.length ?? 0,
    bytes: (intact?.machines ?? []).reduce(
      (sum, { ram, state }) => sum + ram.blocks * BLOCK + state.bytes,
      0,
    ),
    createdAt,
    lastUse: used ?? createdAt,
    usedBy,
    hasImage: (await docker.images.inspect(template.imageId)) !== undefined,
  };
}

const USED = '.used';
const useFile = (paths: Paths, id: string): string => join(paths.state, 'templates', `${id}${USED}`);

/** Remembers that a template was thawed now; where that cannot be written it is evicted sooner, no more. */
export async function markUsed(
  { paths, clock }: Pick<StockDeps, 'paths' | 'clock'>,
  id: string,
): Promise<void> {
  const file = useFile(paths, id);
  const now = new Date(clock.now());
  await writeAtomic(file, '')
    .then(() => utimes(file, now, now))
    .catch(() => undefined);
}

async function lastUse(paths: Paths, id: string): Promise<number | undefined> {
  return (await stat(useFile(paths, id)).catch(() => undefined))?.mtimeMs;
}

/**
 * Templates that nobody misses, among all.
 * @param budget as that of {@link collectGarbage}
 * @param going names of rigs that need none any more
 */
export async function missedByNobody(
  deps: StockDeps,
  budget: number | undefined,
  going: readonly string[] = [],
): Promise<{ readonly items: readonly StockItem[]; readonly gone: readonly Evicted[] }> {
  const items = await stock(deps);
  const keepable = items.map(({ template: { id }, bytes, lastUse: used, usedBy, hasImage }) => ({
    id,
    bytes,
    lastUse: used,
    inUse: usedBy.some((name) => !going.includes(name)),
    hasImage,
  }));
  const total = items.reduce((sum, { bytes }) => sum + bytes, 0);
  const within = budget ?? (await defaultBudget(deps.docker, total));
  return { items, gone: evictions(keepable, within, deps.clock.now()) };
}

/**
 * Removes templates that nobody misses, and what is left of unfinished ones.
 * @param budget bytes that all templates may have together; a quarter of the free disk when undefined
 * @throws GocliError what could not be removed, once all else is: `done` has those that went
 */
export async function collectGarbage(deps: StockDeps, budget: number | undefined): Promise<Evicted[]> {
  const { items, gone } = await missedByNobody(deps, budget);
  const removed: Evicted[] = [];
  const failures = new Failures();
  for (const one of gone) {
    await failures.part(async () => {
      const item = items.find(({ template }) => template.id === one.id);
      if (item !== undefined) await unpublishTemplate(deps.docker, item.template);
      removed.push(one);
    });
  }
  for (const sweep of [sweepTemplates, forgetUses, sweepState]) await failures.part(() => sweep(deps));
  failures.throw(
    (count) => `${count.toFixed(0)} parts of what nobody misses were not removed`,
    removed.length === 0 ? undefined : removed,
  );
  return removed;
}

/** Last uses of templates that are gone, whoever removed them. */
async function forgetUses({ docker, paths }: StockDeps): Promise<void> {
  const known = new Set((await listTemplates(docker)).map(({ id }) => useFile(paths, id)));
  const names = await readdir(join(paths.state, 'templates')).catch(() => []);
  const files = names
    .filter((name) => name.endsWith(USED))
    .map((name) => join(paths.state, 'templates', name));
  await Promise.all(files.filter((file) => !known.has(file)).map((file) => rm(file, { force: true })));
}

/** What processes left half-written that were killed. */
async function sweepState({ paths, clock }: StockDeps): Promise<void> {
  const folders = [paths.state, join(paths.state, 'templates'), join(paths.state, 'clusters')];
  const rigs = (await stateNames(paths)).map((name) => rigFolder(paths, name));
  await Promise.all([...folders, ...rigs].map((folder) => sweepTemporary(folder, clock.now())));
}

/** A quarter of what would be free without any template. */
async function defaultBudget(docker: Docker, total: number): Promise<number> {
  const { rootDir } = await docker.system.info();
  const { bavail, bsize } = await statfsAbove(rootDir);
  return (bavail * bsize + total) / DEFAULT_SHARE;
}

/** The file system of a folder; a user who may use Docker need not be allowed to look into the daemon's folders. */
async function statfsAbove(folder: string): Promise<StatsFs> {
  try {
    return await statfs(folder);
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return statfsAbove(dirname(folder));
  }
}
