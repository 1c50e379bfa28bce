import { quote } from '../shared/quote.ts';
import { GocliError } from '../errors/error.ts';
import { SSH_USERS, type SshUser } from '../rig/ssh-users.ts';
import { OUTPUT_FORMATS } from './session.ts';

/** Options of ssh_config(5) without an effect here: which host it is, how it is reached and by which key is known. */
const WITHOUT_EFFECT = new Set([
  'addressfamily',
  'batchmode',
  'checkhostip',
  'compression',
  'connectionattempts',
  'connecttimeout',
  'controlmaster',
  'controlpath',
  'controlpersist',
  'globalknownhostsfile',
  'gssapiauthentication',
  'hostkeyalgorithms',
  'identitiesonly',
  'kbdinteractiveauthentication',
  'loglevel',
  'numberofpasswordprompts',
  'passwordauthentication',
  'preferredauthentications',
  'pubkeyauthentication',
  'serveralivecountmax',
  'serveraliveinterval',
  'stricthostkeychecking',
  'tcpkeepalive',
  'updatehostkeys',
  'userknownhostsfile',
]);

/** Words of the tools' own that change nothing here: address family, compression, no X11, protocol of scp. */
const SILENT = new Set(['-4', '-6', '-C', '-x', '-O', '-B']);

const ITSELF =
  'For all else use ssh itself: ssh -p "$(gocli ports ssh)" -i ~/.local/state/gocli/clusters/NAME/id_ed25519 root@127.0.0.1';

/** What to type instead of flags that ssh or scp have and gocli has not. */
const INSTEAD: Readonly<Record<string, string>> = {
  '-i': 'Leave it out: gocli has the key of every node.',
  '-P': 'Leave it out: gocli knows the port of every node.',
  '-F': 'Leave it out: gocli reads no configuration of ssh.',
  '-L': `Ports of the cluster: gocli ports, or gocli kubectl port-forward. ${ITSELF}`,
};
const OTHERS = /^-[ADEIJMNRSWXYbcefgkmswy3]/;

/**
 * Words of `gocli ssh` without what ssh's users write from habit and what changes nothing here.
 * @param words behind the verb, up to the node
 * @param userFlag what `-o User=` is another way to write of
 * @throws GocliError USAGE for a flag of ssh that gocli has not, with what to type
 */
export function withoutSshHabits(words: readonly string[], userFlag = '-l'): string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return [...kept, ...words.slice(at)];
    const next = words[at + 1] ?? '';
    const option = word === '-o' ? next : word.startsWith('-o') ? word.slice(2) : '';
    if (/^[A-Za-z]+[=\s]/.test(option) && !isOutput(option)) {
      kept.push(...insteadOfOption(option, userFlag));
      if (word === '-o') at += 1;
    } else if (word === '-p' && /^\d{1,5}$/.test(next)) {
      throw new GocliError('USAGE', `-p ${next}: -p is the name of the cluster, not a port`, {
        hint: `Leave it out: gocli knows the port of every node. (A cluster of that name: --name ${next})`,
      });
    } else if (word in INSTEAD || OTHERS.test(word)) {
      throw new GocliError('USAGE', `${word.slice(0, 2)} of ssh is not known to gocli`, {
        hint: INSTEAD[word] ?? ITSELF,
      });
    } else if (!SILENT.has(word)) kept.push(word);
  }
  return kept;
}

function isOutput(option: string): boolean {
  return OUTPUT_FORMATS.some((format) => option === `=${format}`);
}

/** The words that stand for `-o option`. */
function insteadOfOption(option: string, userFlag: string): string[] {
  const [name = '', value = ''] = option.split(/\s*[=\s]\s*(.*)/s);
  const key = name.toLowerCase();
  if (WITHOUT_EFFECT.has(key)) return [];
  if (key === 'user') return [userFlag, userOf(value, '-o User')];
  const hint = key === 'requesttty' ? 'Type -t, -tt or -T.' : ITSELF;
  throw new GocliError('USAGE', `-o ${name} has an effect in ssh that gocli does not have`, { hint });
}

/**
 * Words of `gocli scp`, like {@link withoutSshHabits}. `-p` is the cluster's name here, and "keep times" in scp, where
 * it stands alone: it is scp's where no word would be left for source or target.
 */
export function withoutScpHabits(words: readonly string[]): string[] {
  const kept = withoutSshHabits(words, '--ssh-user');
  const at = kept.findIndex((word) => /^-[rqv]*p[rqv]*$/.test(word));
  const end = kept.indexOf('--');
  if (at === -1 || (end !== -1 && end < at)) return kept;
  const bundle = kept[at] ?? '';
  const next = kept[at + 1] ?? '-';
  const operands = kept.filter((word, index) => !/^-./.test(word) && !isValue(kept, index));
  const isName = bundle.endsWith('p') && /^[a-z0-9][a-z0-9.-]*$/.test(next) && operands.length > 2;
  if (isName) return kept;
  const others = bundle.replace('p', '');
  return [...kept.slice(0, at), ...(others === '-' ? [] : [others]), ...kept.slice(at + 1)];
}

/** Whether a word is the value of a flag other than `-p`. */
function isValue(words: readonly string[], index: number): boolean {
  return /^(-o|--output|--progress|--name|--prefix|--ssh-user|--container-name)$/.test(
    words[index - 1] ?? '',
  );
}

/** Whom to be where. */
export interface Login {
  readonly node: string;
  readonly user: SshUser;
}

/**
 * A node as ssh's users name it, with the user before it.
 * @param user of `-l`, which counts more, as in ssh(1)
 * @throws GocliError BAD_VALUE for a user that nodes do not have
 */
export function loginOf(login: string, user: string | undefined): Login {
  const [, named, node = login] = /^([^@]*)@(.*)$/s.exec(login) ?? [];
  return { node, user: userOf(user ?? named ?? 'root', login) };
}

/** @throws GocliError BAD_VALUE */
export function userOf(user: string, where: string): SshUser {
  const found = SSH_USERS.find((one) => one === user);
  if (found !== undefined) return found;
  throw new GocliError(
    'BAD_VALUE',
    `${where}: gocli logs in as ${SSH_USERS.join(' or ')}, not as "${user}"`,
    {
      hint: `Leave the user out, or type: gocli ssh NODE -- su - ${quote(user)}`,
    },
  );
}
