import { GocliError } from '../errors/error.ts';

/** Options of ssh_config(5) without an effect here: which host it is, how it is reached and by which key is known. */
const WITHOUT_EFFECT = new Set(
  `addkeystoagent addressfamily batchmode canonicalizehostname casignaturealgorithms challengeresponseauthentication
  checkhostip ciphers clearallforwardings compression connectionattempts connecttimeout controlmaster controlpath
  controlpersist escapechar exitonforwardfailure fingerprinthash globalknownhostsfile gssapiauthentication
  gssapidelegatecredentials hashknownhosts hostbasedauthentication hostkeyalgorithms hostkeyalias identitiesonly identityagent
  ipqos kbdinteractiveauthentication kexalgorithms loghost loglevel macs nohostauthenticationforlocalhost
  numberofpasswordprompts obscurekeystroketiming passwordauthentication permitlocalcommand preferredauthentications
  pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication rekeylimit requiredrsasize rsaauthentication
  serveralivecountmax serveraliveinterval stricthostkeychecking tcpkeepalive updatehostkeys userknownhostsfile
  verifyhostkeydns visualhostkey warnweakcrypto`.split(/\s+/),
);

/** The same where they are turned off, as they are here. */
const OFF = new Set([
  'forwardagent',
  'forwardx11',
  'forwardx11trusted',
  'tunnel',
  'gatewayports',
  'usekeychain',
]);

const ITSELF =
  'For all else use ssh itself: gocli ssh-config >gocli.ssh; ssh -F gocli.ssh NAME (or scp), where NAME is one of its hosts.';
const FORWARDS = `Ports of the cluster: gocli ports, or gocli kubectl port-forward. ${ITSELF}`;
const KEY = 'Leave it out: gocli has the key of every node. (A terminal on the node: -t)';
const PORT = 'Leave it out: gocli knows the port of every node.';

/** The flags of ssh(1) or scp(1), all of them one letter. */
interface Tool {
  readonly name: 'ssh' | 'scp';
  /** Those that gocli has, too. */
  readonly own: string;
  /** Those that change nothing here: address family, compression, no agent, no X11, no Kerberos, protocol of scp. */
  readonly silent: string;
  /** Those that have a value. */
  readonly valued: string;
  /** What `-o User=` is another way to write of. */
  readonly userFlag: string;
  readonly instead: Readonly<Record<string, string>>;
}

const SSH: Tool = {
  name: 'ssh',
  own: 'tTnqvhpl',
  silent: '246Cxak',
  valued: 'BbcDEeFIiJLlmOoPpQRSWw',
  userFlag: '-l',
  instead: {
    i: KEY,
    F: 'Leave it out: gocli reads no configuration of ssh.',
    J: 'Leave it out: gocli reaches every node itself.',
    A: `gocli hands no agent on to a node. ${ITSELF}`,
    f: `A command in the background of this shell: gocli ssh NODE -- COMMAND &. ${ITSELF}`,
    N: FORWARDS,
    L: FORWARDS,
    R: FORWARDS,
    D: FORWARDS,
    W: FORWARDS,
    V: 'Type: gocli version',
  },
};

const SCP: Tool = {
  name: 'scp',
  own: 'rpqvh',
  silent: '346ABCORsT',
  valued: 'cDFiJloMPSX',
  userFlag: '--user',
  instead: {
    i: KEY,
    P: PORT,
    F: SSH.instead['F'] ?? ITSELF,
    J: SSH.instead['J'] ?? ITSELF,
    c: 'Leave it out: gocli and its nodes agree on a cipher.',
    l: 'Leave it out: gocli limits no speed.',
  },
};

/**
 * Words of `gocli ssh` without what ssh's users write from habit and what changes nothing here.
 * @param words behind the verb, up to the node
 * @throws GocliError USAGE for a flag of ssh that gocli has not, with what to type
 */
export function withoutSshHabits(words: readonly string[]): string[] {
  return withoutHabits(words, SSH);
}

function withoutHabits(words: readonly string[], tool: Tool): string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return [...kept, ...words.slice(at)];
    if (/^-[A-Za-z0-9]/.test(word)) {
      const { own, takesNext } = lettersOf(word.slice(1), words[at + 1], tool);
      kept.push(...own);
      if (takesNext) at += 1;
    } else kept.push(word);
  }
  return kept;
}

/** What is left of a word of flags, and whether the next word was the value of its last one. */
interface Read {
  readonly own: string[];
  readonly takesNext: boolean;
}

/**
 * One word of flags, read as getopt(3) does: each letter is one, and behind one that has a value the rest is that value.
 * @throws GocliError USAGE
 */
function lettersOf(word: string, next: string | undefined, tool: Tool): Read {
  // yargs' way to give a value: -p=two, -o=json.
  const [, letters = '', given = ''] = /^([^=]*?)((?:.=.*)?)$/s.exec(word) ?? [];
  let switches = '';
  const flags = (more: string): string[] => (switches + more === '' ? [] : [`-${switches}${more}`]);
  for (const [at, letter] of Array.from(letters).entries()) {
    if (tool.valued.includes(letter)) {
      const attached = letters.slice(at + 1) + given;
      const { own, takesNext } = withValue(letter, attached, next, tool);
      return { own: [...flags(''), ...own], takesNext };
    }
    if (tool.silent.includes(letter)) continue;
    if (!tool.own.includes(letter) && (letter in tool.instead || FOREIGN.test(letter)))
      throw unknown(letter, '', tool);
    // What neither of them has is left for the parser to tell of.
    switches += letter;
  }
  return { own: flags(given), takesNext: false };
}

/** Letters of ssh and scp that gocli cannot have meant. */
const FOREIGN = /[A-Zefgkmsyw]/;

function withValue(letter: string, attached: string, next: string | undefined, tool: Tool): Read {
  const takesNext = attached === '' && next !== undefined;
  const value = attached === '' ? (next ?? '') : attached;
  const words = [`-${letter}`, ...(attached === '' && next === undefined ? [] : [value])];
  if (letter === 'o') {
    const isOption = /^[A-Za-z]+[=\s]/.test(value);
    return { own: isOption ? insteadOfOption(value, tool) : words, takesNext };
  }
  if (!tool.own.includes(letter) || (letter === 'p' && /^\d{1,5}$/.test(value)))
    throw unknown(letter, value, tool);
  return { own: words, takesNext };
}

function unknown(letter: string, value: string, { name, instead }: Tool): GocliError {
  if (letter === 'p') {
    return new GocliError('USAGE', `-p ${value}: -p is the name of the cluster, not a port`, {
      hint: `${PORT} (A cluster of that name: --name ${value})`,
    });
  }
  return new GocliError('USAGE', `-${letter} of ${name} is not known to gocli`, {
    hint: instead[letter] ?? ITSELF,
  });
}

/** The words that stand for `-o option`. */
function insteadOfOption(option: string, { name: tool, userFlag }: Tool): string[] {
  const [name = '', value = ''] = option.split(/\s*[=\s]\s*(.*)/s);
  const key = name.toLowerCase();
  if (WITHOUT_EFFECT.has(key) || (OFF.has(key) && value.toLowerCase() === 'no')) return [];
  if (key === 'user') return [userFlag, value];
  const terminal = TERMINAL[value.toLowerCase()];
  if (key === 'requesttty' && terminal !== undefined) return tool === 'ssh' ? terminal : [];
  throw new GocliError('USAGE', `-o ${name} has an effect in ssh that gocli does not have`, {
    hint: INSTEAD_OF_OPTION[key] ?? ITSELF,
  });
}

/** Values of RequestTTY, ssh_config(5). */
const TERMINAL: Readonly<Record<string, string[]>> = { yes: ['-t'], force: ['-tt'], no: ['-T'], auto: [] };

const INSTEAD_OF_OPTION: Readonly<Record<string, string>> = {
  identityfile: KEY,
  port: PORT,
  requesttty: 'Type -t, -tt or -T.',
  setenv: 'Type: gocli ssh NODE -- env NAME=VALUE COMMAND',
  sendenv: 'Type: gocli ssh NODE -- env NAME=VALUE COMMAND',
  remotecommand: 'Type: gocli ssh NODE -- COMMAND',
  localforward: FORWARDS,
  remoteforward: FORWARDS,
  dynamicforward: FORWARDS,
};

/**
 * Words of `gocli scp`, like {@link withoutSshHabits}. `-p` is the cluster's name here, and "keep times" in scp, where
 * it stands alone: it is scp's where the cluster is named already, or no word would be left for source or target.
 * @param isHere whether something of that name lies here, which a name may be as well
 * @throws GocliError USAGE also where `-p` may be either
 */
export function withoutScpHabits(words: readonly string[], isHere: (name: string) => boolean): string[] {
  const kept = withoutHabits(words, SCP);
  const end = kept.includes('--') ? kept.indexOf('--') : kept.length;
  const operands = kept.filter((word, at) => (at > end || !/^-./.test(word)) && !isValue(kept, at)).length;
  let isNamed = kept.slice(0, end).some((word) => /^(--name(=|$)|--prefix(=|$)|-p=)/.test(word));
  return kept.flatMap((word, at) => {
    if (at >= end || !/^-[rqv]*p[rqvp]*$/.test(word)) return [word];
    const next = kept[at + 1] ?? '-';
    if (!isNamed && word.endsWith('p') && /^[a-z0-9][a-z0-9.-]*$/.test(next) && operands > 2) {
      if (isHere(next)) throw eitherOf(next);
      isNamed = true;
      return [word];
    }
    const others = word.replaceAll('p', '');
    return others === '-' ? [] : [others];
  });
}

function eitherOf(name: string): GocliError {
  return new GocliError('USAGE', `-p ${name}: the cluster of that name, or "keep times" and the file?`, {
    hint: `The cluster: --name ${name}. The file: leave -p out, times are kept anyway.`,
  });
}

/** Whether a word is the value of a flag other than `-p`. */
function isValue(words: readonly string[], index: number): boolean {
  return /^(-o|--output|--progress|--name|--prefix|--user|--ssh-user|--container-name)$/.test(
    words[index - 1] ?? '',
  );
}

/** Whom to be where; whom, if it is said. */
export interface Login {
  readonly node: string;
  readonly user: string | undefined;
}

/**
 * A node as ssh's users name it, with the user before it.
 * @param user of `-l`, which counts more, as in ssh(1)
 */
export function loginOf(login: string, user: string | undefined): Login {
  const [, named, node = login] = /^([^@]*)@(.*)$/s.exec(login) ?? [];
  return { node, user: user ?? named };
}
