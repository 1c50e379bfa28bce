/** A proxy of this host, as its environment says it. */
export interface HostProxy {
  /** Address by the name of its variable, `HTTP_PROXY` or `HTTPS_PROXY`. It may hold a password. */
  readonly addresses: Readonly<Record<string, string>>;
  /** What is reached without it, as it was written: `.example.com,10.0.0.0/8`. */
  readonly except: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** In the order of Go's httpproxy.FromEnvironment, by which all of a node's programs read them, too. */
const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY'];

/** Those of this environment that say something; undefined when none does. The upper case counts first, as in Go. */
export function hostProxy(env: Environment): HostProxy | undefined {
  const said = (name: string): string =>
    [name, name.toLowerCase()].map((one) => env[one]?.trim() ?? '').find((text) => text !== '') ?? '';
  const found = VARIABLES.flatMap((name) => (said(name) === '' ? [] : [[name, said(name)] as const]));
  if (found.length === 0) return undefined;
  return { addresses: Object.fromEntries(found), except: said('NO_PROXY') };
}

/** Ports of proxies whose address names none, by the schemes that Go knows (net/http, portMap; RFC 1928). */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
  'socks5h:': 1080,
};
/** Also as distributions have them in /etc/hosts, with the dot that ends a whole name, and mapped (RFC 4291, 2.5.5.2). */
const LOOPBACK =
  /^((.*\.)?localhost|localhost\.localdomain|localhost[46](\.localdomain[46])?|ip6-(localhost|loopback))\.?$|^(127\.[\d.]+|0\.0\.0\.0|\[(::1?|::ffff:(7f[\da-f]{2}:[\da-f]+|0:0))\])$/i;

/**
 * What Go takes for an address (net/url, validUserinfo, parseHost, unescape). A URL in Node is mended where this is not:
 * a backslash is a slash to it, and what is to be percent-encoded it encodes.
 */
const GO_ADDRESS =
  /^[a-z\d]+:\/\/([\w.~!$&'()*+,;=:@-]|%[\da-f]{2})*(?<=[/@])[\w.~!$&'()*+,;=:[\]-]+([/?#]([^%]|%[\da-f]{2})*)?$/i;

/** The address of a proxy; without a scheme it is one of HTTP. Undefined when it is none that Go knows. */
function parse(address: string): URL | undefined {
  if (/[^\x21-\x7e]/.test(address)) return undefined;
  const whole = address.includes('://') ? address : `http://${address}`;
  if (!GO_ADDRESS.test(whole)) return undefined;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  return url === undefined || url.hostname === '' || !(url.protocol in DEFAULT_PORTS) ? undefined : url;
}

/**
 * Whether that is the address of a proxy that a node can use. What is none is passed over by Go, or refused with each
 * request, and nodes have no IPv6.
 */
export function isProxyAddress(address: string): boolean {
  const url = parse(address);
  return url !== undefined && (!url.hostname.startsWith('[') || LOOPBACK.test(url.hostname));
}

/** What listens for a proxy. */
export interface ProxyServer {
  /** `http:` */
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}

/** What a proxy's address leads to; undefined when it is none that Go knows. */
export function serverOf(address: string): ProxyServer | undefined {
  const url = parse(address);
  if (url === undefined) return undefined;
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  return port === undefined ? undefined : { scheme: url.protocol, host: url.hostname, port };
}

/** Port of a proxy on this host's own loopback, where nobody else reaches it; undefined for one elsewhere. */
export function loopbackPort(address: string): number | undefined {
  const server = serverOf(address);
  return server !== undefined && LOOPBACK.test(server.host) ? server.port : undefined;
}

/** The same proxy by another name of its host. */
export function atHost(address: string, hostname: string): string {
  const url = parse(address);
  if (url === undefined) return address;
  const { username, password } = url;
  const login = username === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@`;
  const port = url.port === '' ? '' : `:${url.port}`;
  return `${url.protocol}//${login}${hostname}${port}`;
}
