/** What of the building machine must not show in the result. */
export interface BuildFacts {
  /** Host names of its mirrors and proxies; public ones are not among them. */
  readonly mirrors: readonly string[];
  readonly hostname: string;
}

/** Something that may not be in an image. */
export interface Find {
  /** Path in the image, with a leading slash. */
  readonly path: string;
  readonly what: string;
}

interface PathRule {
  readonly path: RegExp;
  readonly what: string;
}

/** Files that must be absent or empty, whatever is in them. */
const NOT_EMPTY: readonly PathRule[] = [
  { path: /\/\.ssh\/(authorized_keys2?|known_hosts|id_[^/]+)$/, what: 'ssh key or known host' },
  { path: /^\/etc\/ssh\/ssh_host_[^/]*key(\.pub)?$/, what: 'ssh host key' },
  { path: /^\/var\/lib\/(systemd|urandom)\/random-seed$/, what: 'random seed' },
  { path: /^\/var\/lib\/systemd\/credential\.secret$/, what: 'host secret of systemd' },
  { path: /^\/(var|run)\/log\/journal\/./, what: 'journal' },
  { path: /^\/var\/log\/(wtmp|btmp|lastlog|syslog|messages|[a-z]+\.log)(\.|$)/, what: 'log of the build' },
  { path: /^\/var\/lib\/(dhcp|dhclient|dhcpcd|NetworkManager|misc)\/[^/]*leases?$/, what: 'DHCP lease' },
  { path: /^\/(run|var\/lib)\/systemd\/(netif|network)\/./, what: 'DHCP lease' },
  { path: /^\/etc\/kubernetes\/(pki\/.|[^/]+\.conf$)/, what: 'cluster credentials' },
  { path: /^\/var\/lib\/kubelet\/pki\/./, what: 'cluster credentials' },
  { path: /\.(p12|pfx|jks)$/, what: 'key store' },
  { path: /\/\.(bash|ash|sh|python)_history$/, what: 'shell history' },
  { path: /^\/var\/lib\/apt\/lists\/(?!lock$|partial$|auxfiles$)[^/]+$/, what: 'package list of a mirror' },
  { path: /^\/etc\/(.*\/)?[^/]*gocli-proxy(\.(conf|gitconfig))?$/, what: 'proxy of the building machine' },
  { path: /^\/var\/cache\/apt\/(.*\.deb|[^/]*\.bin)$/, what: 'package cache' },
];

/** The find that a path alone gives. @param size bytes */
export function judgePath(path: string, size: number, { mirrors }: BuildFacts): Find[] {
  const ruled =
    size === 0 ? [] : NOT_EMPTY.filter((rule) => rule.path.test(path)).map(({ what }) => ({ path, what }));
  const named = mirrors
    .filter((name) => path.includes(name))
    .map((name) => ({ path, what: `name of the mirror ${name}` }));
  return [...ruled, ...named];
}

/**
 * The longest thing a rule has to see at once: head, headers and first line of a private key. Windows of a file
 * must overlap by so many bytes.
 */
export const OVERLAP = 1024;

const KEY_END = 'PRIVATE KEY';
/**
 * A key, not a mention of one: the head is followed by forty characters of base64. Programs that read keys hold the
 * bare head; text embedded in JSON or source has its line ends escaped.
 */
const KEY =
  /^PRIVATE KEY(?: BLOCK)?-----(?:\s|\\r|\\n)+(?:[A-Za-z-]+: [^\r\n\\]*(?:\s|\\r|\\n)+)*[A-Za-z0-9+/]{40}/;

/** Finds in a part of a file. @param window bytes; see {@link OVERLAP} */
export function judgeContent(path: string, window: Buffer, { mirrors }: BuildFacts): Find[] {
  const keys = hasPrivateKey(window) ? [{ path, what: 'private key' }] : [];
  const named = mirrors.filter((name) => window.includes(name));
  return [...keys, ...named.map((name) => ({ path, what: `name of the mirror ${name}` }))];
}

function hasPrivateKey(window: Buffer): boolean {
  for (let at = window.indexOf(KEY_END); at !== -1; at = window.indexOf(KEY_END, at + KEY_END.length)) {
    if (KEY.test(window.toString('latin1', at, at + OVERLAP))) return true;
  }
  return false;
}

/** Small files whose whole content decides. */
const BY_CONTENT: Readonly<Record<string, (content: string, facts: BuildFacts) => string | undefined>> = {
  '/etc/machine-id': machineId,
  '/var/lib/dbus/machine-id': machineId,
  '/etc/environment': toldProxy,
  '/etc/gitconfig': toldProxy,
  '/etc/hostname': (content, { hostname }) =>
    content.trim() === hostname ? 'host name of the building machine' : undefined,
  // The package of open-iscsi makes one when it is installed; targets take nodes that share it for one and the same.
  '/etc/iscsi/initiatorname.iscsi': (content) =>
    /^InitiatorName=/m.test(content) ? 'iSCSI initiator name' : undefined,
  '/etc/resolv.conf': (content) =>
    /^\s*(search|domain|nameserver\s+(?!192\.168\.66\.2$|127\.0\.0\.))/m.test(content)
      ? 'name servers of the building machine'
      : undefined,
};

/** What machines are told of a proxy stands between two such lines; the first one is enough. */
function toldProxy(content: string): string | undefined {
  return /^# gocli: begin( |$)/m.test(content) ? 'proxy of the building machine' : undefined;
}

function machineId(content: string): string | undefined {
  return /^[0-9a-f]{32}\s*$/.test(content) ? 'machine id' : undefined;
}

/** Whether the whole text of a file is judged, not just what stands in it somewhere. */
export function isJudgedWhole(path: string): boolean {
  return Object.hasOwn(BY_CONTENT, path);
}

/** Finds that need a small file's whole text. */
export function judgeWhole(path: string, content: () => string, facts: BuildFacts): Find[] {
  const what = isJudgedWhole(path) ? BY_CONTENT[path]?.(content(), facts) : undefined;
  return what === undefined ? [] : [{ path, what }];
}
