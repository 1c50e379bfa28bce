import { GocliError } from '../errors/error.ts';
import { collect } from '../errors/several.ts';
import { type Addon, addonNamed, type Catalog } from './catalog.ts';
import { type AddonWish, type OptionValues, valuesOf } from './options.ts';

/** An addon of a plan: all that decides what it adds to a cluster. */
export interface PlannedAddon {
  readonly name: string;
  readonly version: string;
  /** Of its files. */
  readonly digest: string;
  readonly options: OptionValues;
}

/**
 * The addons that are asked for and those which they need, in the order in which they are enabled, whatever order they
 * were asked for in. Those that every cluster has anyway are left out.
 * @param errors gets one for each thing that is wrong, BAD_VALUE that begins with `at`
 */
export function planAddons(
  wishes: readonly AddonWish[],
  catalog: Catalog,
  at: string,
  errors: GocliError[],
): PlannedAddon[] {
  const options = new Map(wishes.map((wish) => [wish.name, wish.options]));
  const asked = wishes.flatMap(({ name }) => collect(errors, () => addonNamed(name, catalog, at)) ?? []);
  return inOrder(asked, catalog).flatMap((addon) => {
    const values = valuesOf(addon, options.get(addon.name) ?? {}, at, errors);
    const { name, version, digest, builtIn } = addon;
    return builtIn ? [] : [{ name, version, digest, options: values }];
  });
}

/** Addons and all that they need, each behind what it needs, and beside each other by name. */
export function inOrder(addons: readonly Addon[], catalog: Catalog): Addon[] {
  const ordered = new Map<string, Addon>();
  const add = (addon: Addon): void => {
    if (ordered.has(addon.name)) return;
    for (const name of addon.needs.toSorted()) {
      const needed = catalog.get(name);
      if (needed !== undefined) add(needed);
    }
    ordered.set(addon.name, addon);
  };
  for (const addon of addons.toSorted((a, b) => (a.name < b.name ? -1 : 1))) add(addon);
  return [...ordered.values()];
}

/**
 * The addon that a plan names, as this gocli has it.
 * @throws GocliError CONFLICT when its files are not those any more that were planned with
 */
export function plannedIn({ name, digest }: PlannedAddon, catalog: Catalog): Addon {
  const addon = catalog.get(name);
  if (addon?.digest === digest) return addon;
  throw new GocliError(
    'CONFLICT',
    `the files of addon ${name} are not those that the cluster was planned with`,
    {
      observed: `${digest} was planned, ${addon?.digest ?? 'nothing'} is there`,
      hint: 'Type the same command again, when nobody changes them.',
    },
  );
}
