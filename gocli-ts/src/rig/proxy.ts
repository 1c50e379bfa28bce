import { atHost, isProxyAddress, loopbackPort, type HostProxy } from '../host/proxy.ts';
import { HOST_NAME, nodeName } from '../network/addresses.ts';
import { attempt } from '../waiting/attempt.ts';
import type { RigDeps } from './deps.ts';
import type { Kind } from './kind.ts';
import { networksOf, type GuestPlan } from './plan.ts';
import { notice } from './start/starting.ts';

/** Milliseconds for a connection within this host. */
const CONNECT_MS = 3000;

/**
 * What of a proxy a guest can reach: one on the loopback of the host by the name that the host has there, if it listens
 * at that address, too. One that does not is not told, so that what works without goes on working.
 */
export async function usableFrom(
  network: string | undefined,
  { addresses, except }: HostProxy,
  deps: RigDeps,
): Promise<HostProxy | undefined> {
  const usable: Record<string, string> = {};
  for (const [name, address] of Object.entries(addresses)) {
    const port = loopbackPort(address);
    if (!isProxyAddress(address)) {
      const text = `${name} of this host is no address of a proxy that guests can use (http, https or socks5, over IPv4); they are not told.`;
      notice(deps, text, 'warning');
    } else if (port === undefined) {
      usable[name] = address;
    } else {
      const refused = network === undefined ? 'no gateway' : await problemAt(network, port, deps);
      if (refused === undefined) usable[name] = atHost(address, HOST_NAME);
      else notice(deps, onLoopback(name, port, refused), 'warning');
    }
  }
  return Object.keys(usable).length === 0 ? undefined : { addresses: usable, except };
}

function onLoopback(name: string, port: number, refused: string): string {
  return `${name} of this host is on its loopback, and nothing in a rig reaches port ${port} of the host (${refused}); its machines go without it. Let the proxy listen at the address of Docker's bridge, too, then stop and start it: docs/host.md`;
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
