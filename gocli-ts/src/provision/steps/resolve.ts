import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { readIfThere, writeAtomic } from '../../host/atomic-files.ts';
import { openScratchApt, resolvePackages, type ScratchApt } from '../debian/apt.ts';
import type { PackageSet } from '../builds/build.ts';
import {
  diffLocks,
  formatLock,
  formatPins,
  type LockedPackage,
  parseLock,
  parsePackageList,
} from '../debian/package-lock.ts';
import { debianSources } from '../debian/sources.ts';
import type { ProvisionStep, Recipe, StepContext } from '../step.ts';

/** The sets of Debian packages a provider is made of. */
async function packageSets(recipe: Recipe): Promise<readonly PackageSet[]> {
  const folder = join(recipe.root, 'runner');
  const runner = {
    name: 'runner',
    list: join(folder, 'packages'),
    lock: join(folder, 'packages.lock'),
  } as const;
  return [runner, ...(await recipe.build.packages(recipe))];
}

/**
 * Debian package lists to exact versions. The committed lock is kept while the mirror has what it names; otherwise it
 * is renewed, as little as possible, and the difference is shown.
 * @param locked makes a renewal an error
 */
export function resolveStep(locked: boolean): ProvisionStep {
  return {
    name: 'resolve',
    title: 'Resolve Debian packages',
    needs: [],
    volatile: true,
    inputs: async (recipe) => {
      const sets = await packageSets(recipe);
      const files = sets.flatMap(({ list, lock }) => (list === undefined ? [lock] : [list, lock]));
      const there = await Promise.all(
        files.map(async (file) => ((await readIfThere(file)) === undefined ? [] : [file])),
      );
      // Called so since when only images had packages of their own.
      const images = sets.flatMap(({ names }) => names ?? []).join(' ');
      return { values: { images }, files: there.flat() };
    },
    run: (context) => resolveAll(context, locked),
  };
}

async function resolveAll(context: StepContext, locked: boolean): Promise<void> {
  const { host, signal, scratch, recipe, output, step } = context;
  const apt: ScratchApt = { folder: join(scratch, 'apt'), host, signal };
  await openScratchApt(apt, await debianSources(host, signal));
  let renewed = 0;
  for (const set of await packageSets(recipe)) {
    const names = await namesOf(set);
    if (names === undefined) continue;
    step.progress({ message: set.name });
    const before = await readLock(set);
    const after = await resolveNear(apt, names, before ?? []);
    if (await keepOrRenew(context, set, before, after, locked)) renewed += 1;
    await writeFile(join(output, `${set.name}.list`), formatPins(after));
  }
  step.note(renewed === 0 ? 'the locks hold' : `${renewed} of the locks renewed`);
}

async function namesOf({ list, names }: PackageSet): Promise<readonly string[] | undefined> {
  if (list === undefined) return names;
  const text = await readIfThere(list);
  return text === undefined ? undefined : parsePackageList(text, list);
}

async function readLock({ lock }: PackageSet): Promise<LockedPackage[] | undefined> {
  const text = await readIfThere(lock);
  return text === undefined ? undefined : parseLock(text, lock);
}

/** With the locked versions preferred; when they no longer fit together, with the mirror's newest. */
async function resolveNear(
  apt: ScratchApt,
  names: readonly string[],
  locked: readonly LockedPackage[],
): Promise<LockedPackage[]> {
  try {
    return await resolvePackages(apt, names, locked);
  } catch (error) {
    apt.signal.throwIfAborted();
    if (locked.length === 0) throw error;
    return await resolvePackages(apt, names, []);
  }
}

/** @returns whether the lock was written */
async function keepOrRenew(
  { emit, recipe }: StepContext,
  { lock }: PackageSet,
  before: readonly LockedPackage[] | undefined,
  after: readonly LockedPackage[],
  locked: boolean,
): Promise<boolean> {
  const shown = relative(recipe.root, lock);
  const { lines, tampered } = diffLocks(before ?? [], after);
  if (tampered.length > 0) {
    throw new GocliError(
      'CHECKSUM',
      `${shown}: the mirror has other content under the same version: ${tampered.join(', ')}`,
    );
  }
  if (before !== undefined && lines.length === 0) return false;
  if (locked) {
    throw new GocliError('CHECKSUM', `${shown} does not fit the mirror any more, and --locked was given`, {
      observed: lines.join('\n'),
      hint: 'Run the same command without --locked and commit the renewed lock.',
    });
  }
  await writeAtomic(lock, formatLock(after));
  const count = `${shown}: ${before === undefined ? 'made' : 'renewed'}, ${lines.length} packages`;
  emit({
    type: 'notice',
    level: 'info',
    text: before === undefined ? count : `${count}\n${lines.join('\n')}`,
  });
  return true;
}
