import { createHash } from 'node:crypto';
import type { HostProxy } from '../host/proxy.ts';
import type { Told, ToldFacts } from '../rig/kind.ts';
import { renderUnit } from '../rig/unit-told.ts';
import { quote } from '../shared/quote.ts';

/** Raised when the script does more, so that machines which know the same are told again. */
const FORMAT = 1;
const KNOWN = '/var/lib/gocli/told';

const APT = '/etc/apt/apt.conf.d/95gocli-proxy';
const SSHD = '/etc/ssh/sshd_config.d/20-gocli-proxy.conf';
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

/** A digest, so that a password stands in no further file. */
function known({ proxy, keys }: ToldFacts): string {
  if (proxy === undefined && keys.length === 0) return '';
  return `${createHash('sha256')
    .update(JSON.stringify([FORMAT, proxy, keys]))
    .digest('hex')}\n`;
}

/** `%22` for a quote: what the one or the other of the files would read otherwise, and an address may have either way. */
function plain(address: string): string {
  return address.replace(
    /["'\\`$#;<>^{|}*!]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Of each variable both ways to write it: curl heeds `http_proxy` alone, Go and Python either. */
function variablesOf({ addresses, except }: HostProxy): (readonly [string, string])[] {
  const all = { ...addresses, NO_PROXY: except };
  return Object.entries(all).flatMap(([name, value]) => [
    [name, plain(value)] as const,
    [name.toLowerCase(), plain(value)] as const,
  ]);
}

/** apt.conf(5), apt-transport-http(1): names of single hosts are all that it leaves out by itself. */
function aptConfig({ addresses, except }: HostProxy): string {
  const lines = Object.entries(addresses).map(([name, address]) => {
    const method = name === 'HTTPS_PROXY' ? 'https' : 'http';
    return [method, plain(address).replace(/^socks5:/, 'socks5h:')] as const;
  });
  const hosts = except.split(',').filter((one) => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(one));
  return lines
    .flatMap(([method, address]) => [
      `Acquire::${method}::Proxy "${address}";\n`,
      ...hosts.map((host) => `Acquire::${method}::Proxy::${host} "DIRECT";\n`),
    ])
    .join('');
}

/** git heeds the variables, too; this is for services, which have none of them. */
function gitConfig({ addresses: { HTTPS_PROXY, HTTP_PROXY } }: HostProxy): string {
  return `[http]\n\tproxy = "${plain(HTTPS_PROXY ?? HTTP_PROXY ?? '')}"\n`;
}

/** Functions of the script, which start no program but for what has changed: each takes 30 ms where the processor is emulated. */
const FUNCTIONS = `set -eu
umask 022
# What a file holds, and that without our block.
content() {
  got=
  rest=
  inside=
  [ -e "$1" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    got="$got$line
"
    case $line in
      '# gocli: begin') inside=1 ;;
      '# gocli: end') inside= ;;
      *) [ -n "$inside" ] || rest="$rest$line
" ;;
    esac
  done <"$1"
}
put() {
  content "$1"
  changed=
  [ "$got" = "$2" ] || { printf '%s' "$2" >"$1" && changed=1; }
}
block() {
  content "$1"
  [ -z "$2" ] || rest="$rest# gocli: begin
$2# gocli: end
"
  [ "$got" = "$rest" ] || {
    # sshd may read it at any moment.
    printf '%s' "$rest" >"$1.gocli"
    mv "$1.gocli" "$1"
  }
}
`;

/** sshd reads its file anew; its file of the process is written once it listens again. */
const RELOAD_SSHD = `read -r sshd </run/sshd.pid
: >/run/sshd.pid
kill -HUP "$sshd"
left=600
until [ -s /run/sshd.pid ]; do
  left=$((left - 1))
  [ "$left" -gt 0 ] || { echo 'sshd does not listen again' >&2; exit 1; }
  sleep 0.05
done
`;

/** Docker reads its environment when it starts, and containers end with it. */
const RELOAD_DOCKER = `if [ -e /usr/lib/systemd/system/docker.service ]; then
  systemctl daemon-reload
  running=
  for one in /run/containerd /run/docker/containerd/daemon; do
    for task in "$one"/io.containerd.runtime.v2.task/moby/*; do [ ! -e "$task" ] || running=1; done
  done
  if [ -n "$running" ]; then
    echo 'containers of Docker run, and it learns of the proxy when it is started anew: systemctl restart docker'
  else
    systemctl try-restart docker.service
  fi
fi
`;

/** POSIX shell script for root by which a machine knows of what is around it, and of nothing that it was told before. */
export function toldScript(facts: ToldFacts): string {
  const { proxy, keys } = facts;
  const keyText = keys.map((key) => `${key.trim()}\n`).join('');
  return [
    FUNCTIONS,
    ...(proxy === undefined ? [withoutProxy()] : [withProxy(proxy)]),
    `umask 077\n[ -d /root/.ssh ] || mkdir /root/.ssh\nblock /root/.ssh/authorized_keys ${quote(keyText)}\n`,
    known(facts) === '' ? `rm -f ${KNOWN}\n` : `printf '%s' ${quote(known(facts))} >${KNOWN}\n`,
  ].join('');
}

function withProxy(proxy: HostProxy): string {
  const variables = variablesOf(proxy);
  const environment = variables.map(([name, value]) => `${name}=${value}\n`).join('');
  const setEnv = `SetEnv ${variables.map(([name, value]) => `"${name}=${value}"`).join(' ')}\n`;
  const kept = `Defaults env_keep += "${variables.map(([name]) => name).join(' ')}"\n`;
  return `put ${APT} ${quote(aptConfig(proxy))}
block /etc/environment ${quote(environment)}
block /etc/gitconfig ${quote(gitConfig(proxy))}
[ ! -d /etc/sudoers.d ] || put ${SUDO} ${quote(kept)}
put ${SSHD} ${quote(setEnv)}
if [ -n "$changed" ]; then
${RELOAD_SSHD}fi
[ -d ${DOCKER_FOLDER} ] || mkdir -p ${DOCKER_FOLDER}
put ${DOCKER} ${quote(renderUnit(proxy))}
if [ -n "$changed" ]; then
${RELOAD_DOCKER}fi
`;
}

/** The file of apt goes last, so that what was interrupted is done again. */
function withoutProxy(): string {
  return `block /etc/environment ''
block /etc/gitconfig ''
[ ! -e /etc/gitconfig ] || [ -s /etc/gitconfig ] || rm /etc/gitconfig
if [ -e ${APT} ]; then
  rm -f ${SUDO} ${SSHD} ${DOCKER}
  rmdir --ignore-fail-on-non-empty ${DOCKER_FOLDER}
${RELOAD_SSHD}${RELOAD_DOCKER}  rm ${APT}
fi
`;
}
