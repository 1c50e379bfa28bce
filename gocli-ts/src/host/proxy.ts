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

/** Ports of proxies whose address names none (Go's net/http, portMap). */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
/** That of SOCKS, the other thing that may stand there (RFC 1928). */
const SOCKS_PORT = 1080;

/** The address of a proxy; without a scheme it is one of HTTP. Undefined when it is none. */
function parse(address: string): URL | undefined {
  if (/[^\x21-\x7e]/.test(address)) return undefined;
  const whole = address.includes('://') ? address : `http://${address}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  return url?.hostname === '' ? undefined : url;
}

/** Whether that is the address of a proxy; what is not is passed over by Go, or refused with each request. */
export function isProxyAddress(address: string): boolean {
  return parse(address) !== undefined;
}

/** Port of a proxy on this host's own loopback, where nobody else reaches it; undefined for one elsewhere. */
export function loopbackPort(address: string): number | undefined {
  const url = parse(address);
  if (url === undefined || !/^(localhost|.*\.localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0)$/.test(url.hostname))
    return undefined;
  return url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? SOCKS_PORT) : Number(url.port);
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
