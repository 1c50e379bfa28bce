import { readCatalog } from '../addons/catalog.ts';
import type { AddonWish } from '../addons/options.ts';
import { planAddons } from '../addons/plan.ts';
import type { Naming } from '../rig/options/option.ts';
import { throwValues } from '../rig/options/read-options.ts';
import type { GocliError } from '../errors/error.ts';
import type { Context } from './context.ts';

interface WithAddons {
  readonly addon?: readonly AddonWish[] | undefined;
}

/**
 * Values of options with the addons in them as this gocli has them: of which version and files, with all options and
 * all that they need. Nothing is read where none is asked for.
 * @param errors gets one for each thing that is wrong, BAD_VALUE that begins with its name
 * @throws GocliError BAD_FILE when the files of an addon are wrong
 */
export async function withAddons<V extends WithAddons>(
  values: V,
  errors: GocliError[],
  { checkout }: Pick<Context, 'checkout'>,
  { of }: Naming,
): Promise<V> {
  const { addon } = values;
  if (addon === undefined || addon.length === 0) return values;
  return { ...values, addon: planAddons(addon, await readCatalog(checkout), of('addon'), errors) };
}

/** The same for whoever has nothing else to say. @throws GocliError BAD_VALUE of all that is wrong, BAD_FILE */
export async function withRightAddons<V extends WithAddons>(
  values: V,
  context: Pick<Context, 'checkout' | 'naming'>,
): Promise<V> {
  const errors: GocliError[] = [];
  const planned = await withAddons(values, errors, context, context.naming);
  throwValues(errors, context.naming);
  return planned;
}
