import { createHash } from 'node:crypto';
import type { HostProxy } from '../host/proxy.ts';
import type { Told, ToldFacts } from '../rig/kind.ts';
import { renderUnit } from '../rig/unit-told.ts';
import { quote } from '../shared/quote.ts';
import { filesOf, withSchemes } from './told-files.ts';
import { FUNCTIONS, KNOWN, SSHD } from './told-shell.ts';

/** Raised when the script does more, so that machines which know the same are told again. */
const FORMAT = 2;

const APT = '/etc/apt/apt.conf.d/95gocli-proxy';
/** Of our own: `git config --system` writes into sections that it finds in /etc/gitconfig. */
const GIT = '/etc/gocli-proxy.gitconfig';
const SUDO = '/etc/sudoers.d/gocli-proxy';
const DOCKER_FOLDER = '/etc/systemd/system/docker.service.d';
const DOCKER = `${DOCKER_FOLDER}/10-gocli-proxy.conf`;

/** What plain machines are told of what is around them: apt, git, docker and the environment of a proxy, sshd of keys. */
export const vmTold: Told = {
  subject: 'The configuration',
  untold: 'The machines could not be told of the proxy and the keys of this site',
  domains: [],
  file: KNOWN,
  render: known,
  command: (facts) => ({ argv: ['/bin/sh'], input: toldScript(facts) }),
  said: ({ proxy, keys }) => {
    const parts = [
      ...(proxy === undefined ? [] : [`the proxy (${Object.keys(proxy.addresses).join(', ')})`]),
      ...(keys.length === 0 ? [] : [`keys of the site (${keys.length.toFixed(0)})`]),
    ];
    return parts.length === 0
      ? 'The machines know of no proxy and of no keys of a site any more.'
      : `The machines were told of ${parts.join(' and ')}.`;
  },
};

/** Digests, so that a password stands in no further file: of the proxy, for which services start anew, and of the keys. */
function known({ proxy, keys }: ToldFacts): string {
  return proxy === undefined && keys.length === 0 ? '' : `${wordOf(proxy)}\n${wordOf(keys)}\n`;
}

function wordOf(value: HostProxy | readonly string[] | undefined): string {
  if (value === undefined) return '-';
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, value]))
    .digest('hex');
}

/**
 * POSIX shell script for root by which a machine knows of what is around it, and of nothing that it was told before.
 * Wherever it is cut off, the next one does all of it again: until it is through, what the machine knows is unfinished.
 * Keys go first, since one that was taken away opens nothing any more, whatever becomes of the proxy.
 */
export function toldScript(facts: ToldFacts): string {
  const { proxy, keys } = facts;
  const word = wordOf(proxy);
  const keyText = keys.map((key) => `${key.trim()} # gocli\n`).join('');
  return `${FUNCTIONS}was=-
[ ! -e ${KNOWN} ] || { was= && read -r was <${KNOWN} || :; }
[ "$was" = ${word} ] || was=unfinished
printf '%s\\n' "$was" >${KNOWN}
umask 077
${keys.length === 0 ? '' : '[ -d /root/.ssh ] || mkdir /root/.ssh\n'}block /root/.ssh/authorized_keys ${quote(keyText)} '* # gocli' ''
umask 022
if [ "$was" = unfinished ]; then
${proxy === undefined ? withoutProxy() : withProxy(withSchemes(proxy))}reload_sshd
reload_docker
fi
[ -z "$failed" ] || exit 1
${known(facts) === '' ? `rm -f ${KNOWN}\n` : `printf '%s' ${quote(known(facts))} >${KNOWN}\n`}`;
}

/** Of the blocks; then the pattern of lines in them, and the head of what a section of ours may have got besides. */
function blocks(environment: string, git: string): string {
  const include = git === '' ? '' : `[include] path = ${GIT}\n`;
  return `block /etc/environment ${quote(environment)} '*_[Pp][Rr][Oo][Xx][Yy]=*' ''
block /etc/gitconfig ${quote(include)} '*gocli-proxy.gitconfig' '[include]
'
`;
}

function withProxy(proxy: HostProxy): string {
  const { apt, git, environment, sshd, sudo } = filesOf(proxy);
  return `put ${APT} ${quote(apt)}
${git === '' ? `rm -f ${GIT}` : `put ${GIT} ${quote(git)}`}
${blocks(environment, git)}[ ! -d /etc/sudoers.d ] || put ${SUDO} ${quote(sudo)}
put ${SSHD} ${quote(sshd)}
warn_of_setenv
[ -d ${DOCKER_FOLDER} ] || mkdir -p ${DOCKER_FOLDER}
put ${DOCKER} ${quote(renderUnit(proxy))}
`;
}

function withoutProxy(): string {
  return `${blocks('', '')}rm -f ${APT} ${GIT} ${SUDO} ${SSHD} ${DOCKER}
rmdir ${DOCKER_FOLDER} 2>/dev/null || :
`;
}
