import { isIP } from 'node:net';
import { resolverAddresses } from '../host/resolvers.ts';
import { atHost, isProxyAddress, loopbackPort, serverOf, type HostProxy } from '../host/proxy.ts';
import { HOST_NAME, nodeName } from '../network/addresses.ts';
import { answerOr } from '../waiting/answer-or.ts';
import { attempt } from '../waiting/attempt.ts';
import { type RigDeps, notice } from './deps.ts';
import type { Kind } from './kind.ts';
import { networksOf, type GuestPlan } from './plan.ts';

/** Milliseconds for a connection within this host. */
const CONNECT_MS = 3000;
/** Milliseconds for the address of a name; what is in /etc/hosts is there at once. */
const LOOK_UP_MS = 1000;

/** Who knows the name of a proxy. */
export interface Names {
  /** Addresses that it has for this host, which asks /etc/hosts, search domains and mDNS, too. Rejects without one. */
  readonly here: (name: string) => Promise<readonly string[]>;
  /** Whether the resolvers know it as it is written, which are all that machines ask. Rejects when that is not known. */
  readonly everywhere: (name: string) => Promise<boolean>;
}

/**
 * What of a proxy a guest can reach: one on the loopback of the host by the name that the host has there, if it listens
 * at that address, too; one whose name only this host knows by its address. One that cannot be reached is not told, so
 * that what works without goes on working.
 * @param network id of the network container
 * @param names finds addresses of a proxy's name
 */
export async function usableFrom(
  network: string | undefined,
  { addresses, except }: HostProxy,
  deps: RigDeps,
  names: Names = ownNames,
): Promise<HostProxy | undefined> {
  const usable: Record<string, string> = {};
  for (const [name, address] of Object.entries(addresses)) {
    const found = await reachable(address, network, names, deps);
    if (found.address !== undefined) usable[name] = found.address;
    else notice(deps, `${name} ${found.problem}`, 'warning');
  }
  return Object.keys(usable).length === 0
    ? undefined
    : { addresses: usable, except: entriesOf(except, deps) };
}

/** The address by which a guest reaches a proxy, or why none is told, as it goes on after the name of its variable. */
type Reachable = { readonly address: string } | { readonly address?: never; readonly problem: string };

async function reachable(
  address: string,
  network: string | undefined,
  names: Names,
  deps: RigDeps,
): Promise<Reachable> {
  if (!isProxyAddress(address)) return { problem: noAddress(address) };
  const server = serverOf(address);
  const port = loopbackPort(address);
  const found =
    port === undefined && server !== undefined && isIP(server.host) === 0
      ? await addressesHere(server.host, names, deps)
      : [];
  if (port !== undefined || (found.length > 0 && found.every((one) => /^(127\.|::1$)/.test(one)))) {
    const problem = await problemOnLoopback(address, { port: port ?? server?.port ?? 0, network }, deps);
    return problem === undefined ? { address: atHost(address, HOST_NAME) } : { problem };
  }
  const own = found.find((one) => isIP(one) === 4);
  if (own === undefined || server === undefined || (await isKnown(server.host, names, deps)))
    return { address };
  if (server.scheme !== 'https:') return { address: atHost(address, own) };
  return {
    problem: `is a proxy that speaks TLS and whose name only this host knows (${server.host}, by /etc/hosts or a search domain): machines would know it by its address, for which its certificate is not made; they go without it. Give it by a name that the resolvers know, or, if it takes connections without TLS, too, as http://`,
  };
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

function noAddress(address: string): string {
  const encode = address.includes('@')
    ? ' In its user and password all but letters, digits and - . _ ~ is to be percent-encoded: %5C for a backslash.'
    : '';
  return `is no address of a proxy that guests can use (http, https or socks5, over IPv4); they are not told.${encode}`;
}

/** Addresses that the name of a proxy has here; none when nobody knows it now, and it is told as it is. */
function addressesHere(name: string, { here }: Names, { signal }: RigDeps): Promise<readonly string[]> {
  return answerOr<readonly string[]>([], signal, LOOK_UP_MS, () => here(name));
}

/** Whether resolvers know a name; they do until they say that they do not. */
function isKnown(name: string, { everywhere }: Names, { signal }: RigDeps): Promise<boolean> {
  return answerOr(true, signal, LOOK_UP_MS, () => everywhere(name));
}

const ownNames: Names = {
  here: async (name) => {
    const { lookup } = await import('node:dns/promises');
    return (await lookup(name, { all: true })).map(({ address }) => address);
  },
  everywhere: async (name) => {
    const { Resolver, CONNREFUSED, NODATA, NOTFOUND } = await import('node:dns/promises');
    const resolver = new Resolver({ timeout: LOOK_UP_MS, tries: 1 });
    // Those that a rig asks: systemd-resolved, which is asked otherwise, answers from /etc/hosts, too.
    const servers = resolverAddresses();
    if (servers.length > 0) resolver.setServers(servers);
    return resolver.resolve4(name).then(
      (found) => found.length > 0,
      (error: unknown) => {
        // Where there is no resolver, the loopback is asked.
        const none: readonly unknown[] = [NODATA, NOTFOUND, ...(servers.length === 0 ? [CONNREFUSED] : [])];
        if (error instanceof Error && none.includes((error as NodeJS.ErrnoException).code)) return false;
        throw error;
      },
    );
  },
};

/** Why one on the loopback is not told; undefined when it can be, by another name. */
async function problemOnLoopback(
  address: string,
  { port, network }: { readonly port: number; readonly network: string | undefined },
  deps: RigDeps,
): Promise<string | undefined> {
  if (serverOf(address)?.scheme === 'https:') {
    return `is a proxy on the loopback of this host that speaks TLS: machines know it as ${HOST_NAME}, for which its certificate is not made; they go without it. If it takes connections without TLS, too, give it as http://`;
  }
  const refused = network === undefined ? 'no gateway' : await problemAt(network, port, deps);
  if (refused === undefined) return undefined;
  return `is on the loopback of this host, and nothing in a rig reaches port ${port} of the host (${refused}); its machines go without it. Let the proxy listen at the address of Docker's bridge, too, then stop and start it: docs/host.md`;
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
