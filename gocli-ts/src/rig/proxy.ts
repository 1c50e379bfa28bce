import { once } from 'node:events';
import { isIP } from 'node:net';
import { atHost, isProxyAddress, loopbackPort, serverOf, type HostProxy } from '../host/proxy.ts';
import { HOST_NAME, nodeName } from '../network/addresses.ts';
import { attempt } from '../waiting/attempt.ts';
import { type RigDeps, notice } from './deps.ts';
import type { Kind } from './kind.ts';
import { networksOf, type GuestPlan } from './plan.ts';

/** Milliseconds for a connection within this host. */
const CONNECT_MS = 3000;
/** Milliseconds for the address of a name; what is in /etc/hosts is there at once. */
const LOOK_UP_MS = 1000;

/** Addresses that a name has for this host. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/**
 * What of a proxy a guest can reach: one on the loopback of the host by the name that the host has there, if it listens
 * at that address, too. One that does not is not told, so that what works without goes on working.
 * @param network id of the network container
 * @param lookUp finds addresses of a proxy's name
 */
export async function usableFrom(
  network: string | undefined,
  { addresses, except }: HostProxy,
  deps: RigDeps,
  lookUp: LookUp = addressesOf,
): Promise<HostProxy | undefined> {
  const usable: Record<string, string> = {};
  for (const [name, address] of Object.entries(addresses)) {
    const port = await portHere(address, lookUp, deps);
    const problem = !isProxyAddress(address)
      ? noAddress(name, address)
      : port === undefined
        ? undefined
        : await problemOnLoopback(name, address, { port, network }, deps);
    if (problem === undefined) usable[name] = port === undefined ? address : atHost(address, HOST_NAME);
    else notice(deps, problem, 'warning');
  }
  return Object.keys(usable).length === 0
    ? undefined
    : { addresses: usable, except: entriesOf(except, deps) };
}

/** What is left out, but for what is no name and no network: files of a machine would take it for something else. */
function entriesOf(except: string, deps: RigDeps): string {
  const entries = except.split(/[\s,]+/).filter((one) => one !== '');
  const odd = entries.filter((one) => !/^[A-Za-z0-9_.:*/[\]-]+$/.test(one));
  if (odd.length > 0) {
    const shown = odd.map((one) => JSON.stringify(one)).join(', ');
    const text = `NO_PROXY has what is no name and no network, and it is not told: ${shown}. They are of letters, digits and _ . : * / - [ ]`;
    notice(deps, text, 'warning');
  }
  return entries.filter((one) => !odd.includes(one)).join(',');
}

function noAddress(name: string, address: string): string {
  const encode = address.includes('@')
    ? ' In its user and password all but letters, digits and - . _ ~ is to be percent-encoded: %5C for a backslash.'
    : '';
  return `${name} is no address of a proxy that guests can use (http, https or socks5, over IPv4); they are not told.${encode}`;
}

/** Port of a proxy on this host's loopback, by whatever name /etc/hosts may have for that, such as the host's own. */
async function portHere(
  address: string,
  lookUp: LookUp,
  { signal }: Pick<RigDeps, 'signal'>,
): Promise<number | undefined> {
  const known = loopbackPort(address);
  const server = serverOf(address);
  if (known !== undefined || server === undefined || isIP(server.host) !== 0) return known;
  // What no resolver knows now is told as it is.
  const found = await attempt(signal, LOOK_UP_MS, (bounded) =>
    // It cannot be given up itself (getaddrinfo).
    Promise.race([lookUp(server.host).catch(() => []), once(bounded, 'abort').then(() => [])]),
  );
  const isHere =
    found.done && found.value.length > 0 && found.value.every((one) => /^(127\.|::1$)/.test(one));
  return isHere ? server.port : undefined;
}

async function addressesOf(name: string): Promise<string[]> {
  const { lookup } = await import('node:dns/promises');
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** Why one on the loopback is not told; undefined when it can be, by another name. */
async function problemOnLoopback(
  name: string,
  address: string,
  { port, network }: { readonly port: number; readonly network: string | undefined },
  deps: RigDeps,
): Promise<string | undefined> {
  if (serverOf(address)?.scheme === 'https:') {
    return `${name} is a proxy on the loopback of this host that speaks TLS: machines know it as ${HOST_NAME}, for which its certificate is not made; they go without it. If it takes connections without TLS, too, give it as http://`;
  }
  const refused = network === undefined ? 'no gateway' : await problemAt(network, port, deps);
  if (refused === undefined) return undefined;
  return `${name} is on the loopback of this host, and nothing in a rig reaches port ${port} of the host (${refused}); its machines go without it. Let the proxy listen at the address of Docker's bridge, too, then stop and start it: docs/host.md`;
}

/** Connects to the gateway of the network container, which is the host. */
const CONNECT = `set -- "$1" "$2" $(ip -4 route show default dev eth0)
exec socat -u /dev/null "TCP4:$5:$1,connect-timeout=$2"`;

/** Why a port of the host cannot be connected to from the network of the guests; undefined when it can. */
async function problemAt(
  network: string,
  port: number,
  { docker, signal }: RigDeps,
): Promise<string | undefined> {
  const argv = ['sh', '-c', CONNECT, 'sh', port.toFixed(0), (CONNECT_MS / 1000).toFixed(0)];
  const tried = await attempt(signal, 2 * CONNECT_MS, (bounded) =>
    docker.containers.exec(network, argv, { signal: bounded }),
  );
  if (!tried.done) return 'no answer';
  const { exitCode, stderr } = tried.value;
  return exitCode === 0 ? undefined : (stderr.trim().split(': ').at(-1) ?? 'no connection');
}

/** Names and networks that are not behind any proxy. @param domains inside of rigs of its kind */
export function domainsOf(guest: GuestPlan, domains: readonly string[], kinds: readonly Kind[]): string[] {
  const nodes = Array.from({ length: guest.nodes }, (_, at) => nodeName(at + 1));
  const networks = Object.values(networksOf(guest, kinds));
  return ['localhost', '127.0.0.0/8', ...networks, ...nodes, 'registry', HOST_NAME, ...domains];
}
