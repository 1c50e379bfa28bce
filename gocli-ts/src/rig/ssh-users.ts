import { GocliError } from '../errors/error.ts';
import { gocliCommand } from '../shared/command.ts';
import { quote } from '../shared/quote.ts';
import { kindOf, type Kind } from './kind.ts';
import type { RigState } from './state.ts';

type Rig = Pick<RigState, 'name' | 'plan'>;

/** Users of a rig's machines that its key opens. */
function usersOf({ plan }: Rig, kinds: readonly Kind[]): readonly string[] {
  return kindOf(kinds, plan.guest).users?.(plan.guest) ?? ['root'];
}

/**
 * Whom one logs in as: the one who is named, or the first that there is.
 * @throws GocliError BAD_VALUE for a user that the key of the rig does not open
 */
export function loginAs(asked: string | undefined, rig: Rig, kinds: readonly Kind[]): string {
  const users = usersOf(rig, kinds);
  const found = asked === undefined ? users[0] : users.find((one) => one === asked);
  if (found !== undefined) return found;
  const user = asked ?? '';
  throw new GocliError(
    'BAD_VALUE',
    `gocli logs in to ${rig.name} as ${users.join(' or ')}, not as "${user}"`,
    {
      hint: `Leave the user out, or type: ${gocliCommand('ssh', rig.name, 'root@node01')} -- su - ${quote(user)}`,
    },
  );
}

/**
 * Who copies: the one who is named. Whom kubevirtci's scripts name is only one that there has to be: they read files of
 * root as others, so where root is who logs in, root copies.
 * @throws GocliError BAD_VALUE as {@link loginAs}
 */
export function copiesAs(
  asked: string | undefined,
  byScripts: string | undefined,
  rig: Rig,
  kinds: readonly Kind[],
): string {
  if (asked !== undefined) return loginAs(asked, rig, kinds);
  const user = loginAs(byScripts, rig, kinds);
  const [first] = usersOf(rig, kinds);
  return first === 'root' ? first : user;
}
