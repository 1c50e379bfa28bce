import { type AddonWish, readWishes } from '../../addons/options.ts';
import { defineGuestOption } from '../../rig/options/option.ts';
import { addonsOf, SECTION } from '../section.ts';

/**
 * Addons that a cluster has from the start: they are enabled before it is frozen, so its template has them. The plan holds
 * what api/addon-plans.ts makes of the wishes, which are read without a look at any file.
 */
export const addon = defineGuestOption({
  describe: 'Enable an addon, such as kwok or kwok,nodes=20 (all: gocli addon ls)',
  type: 'list',
  completes: 'addons',
  switches: {
    KUBEVIRT_DEPLOY_KWOK: 'kwok',
  },
  read: (input: number | string | readonly (number | string)[], at): readonly AddonWish[] =>
    readWishes([input].flat().map(String), at),
  // Without any the section stays as it is, and with it the key of every template that there is.
  guest: (value: readonly AddonWish[], plan) =>
    value.length === 0 ? {} : { [SECTION]: { ...(plan[SECTION] as object), addons: value } },
  differs: { what: 'addons', of: ({ guest }) => addonsOf(guest) },
});
