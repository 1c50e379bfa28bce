import { GocliError, isCode, messageOf } from '../errors/error.ts';
import type { MachineHandle } from '../frozen/migration.ts';
import { atHost, isProxyAddress, loopbackPort, type HostProxy } from '../host/proxy.ts';
import { Agent } from '../machine/agent.ts';
import { HOST_NAME, nodeName } from '../network/addresses.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo } from '../place/interface.ts';
import { quoteAll } from '../shared/quote.ts';
import { attempt } from '../waiting/attempt.ts';
import { inTime } from '../waiting/in-time.ts';
import type { RigDeps } from './deps.ts';
import { rigId } from './identity.ts';
import { keepState } from './keep-state.ts';
import { kindOf, type Proxied } from './kind.ts';
import { isAside } from './names.ts';
import { partOf } from './parts.ts';
import { networksOf, type GuestPlan } from './plan.ts';
import { notice } from './start/starting.ts';
import type { RigState } from './state.ts';

/** Milliseconds for one guest to take a proxy over: its unit starts anew, under emulation in some seconds, on a busy host in many. */
const TELL_MS = 300_000;
/** Milliseconds for a connection within this host. */
const CONNECT_MS = 3000;

/**
 * Tells the guests of a Ready rig which proxy this host has now, perhaps none any more. That is nothing of its plan: it
 * changes with the network that a laptop is in, it may hold a password, and no template has to be made for it. What
 * cannot be told is a warning; the rig is Ready without. Guests that know of none, which most do, are not asked.
 * @returns the state, which says whether they may know of one
 * @throws GocliError the signal's reason
 */
export async function followProxy(
  state: RigState,
  proxy: HostProxy | undefined,
  deps: RigDeps,
): Promise<RigState> {
  const { proxied } = kindOf(deps.kinds, state.plan.guest);
  if (proxied === undefined || (proxy === undefined && state.proxied !== true)) return state;
  let now = state;
  try {
    const containers = await deps.docker.containers.list({ [LABEL.cluster]: rigId(state.plan.host) });
    const usable = proxy === undefined ? undefined : await usableFrom(containers, proxy, deps);
    if (usable === undefined && state.proxied !== true) return state;
    // Whatever ends this in between, what they may know is taken back some time.
    if (state.proxied !== true) now = await keepState({ ...state, proxied: true }, deps);
    const text = usable === undefined ? '' : renderUnit(usable, domainsOf(state.plan.guest, proxied, deps));
    const changed = await Promise.all(
      machinesAmong(containers).map((machine) => tell(machine, proxied.unit, text, deps)),
    );
    if (changed.includes(true)) notice(deps, saidOf(usable, proxied.unit));
    if (usable === undefined) now = await keepState(withoutProxy(now), deps);
  } catch (error) {
    deps.signal.throwIfAborted();
    const text = `The nodes could not be told of the proxy of this host: ${messageOf(error)}. Once that is mended: stop and start the cluster.`;
    notice(deps, text, 'warning');
  }
  return now;
}

function withoutProxy(state: RigState): RigState {
  const rest = { ...state };
  delete rest.proxied;
  return rest;
}

function saidOf(proxy: HostProxy | undefined, unit: string): string {
  if (proxy === undefined) return `${unit} of the nodes goes out without a proxy again: this host has none.`;
  return `${unit} of the nodes goes out through the proxy of this host: ${Object.keys(proxy.addresses).join(', ')}.`;
}

function machinesAmong(containers: readonly ContainerInfo[]): MachineHandle[] {
  return containers.flatMap(({ id, name, labels: { [LABEL.node]: node } }) =>
    node === undefined || isAside({ name }) ? [] : [{ container: id, node }],
  );
}

/**
 * What of a proxy a guest can reach: one on the loopback of the host by the name that the host has there, if it listens
 * at that address, too. One that does not is not told, so that what works without goes on working.
 */
async function usableFrom(
  containers: readonly ContainerInfo[],
  { addresses, except }: HostProxy,
  deps: RigDeps,
): Promise<HostProxy | undefined> {
  const network = partOf(containers, 'dnsmasq');
  const usable: Record<string, string> = {};
  for (const [name, address] of Object.entries(addresses)) {
    const port = loopbackPort(address);
    if (!isProxyAddress(address)) {
      const text = `${name} of this host is no address of a proxy that nodes can use (http, https or socks5, over IPv4); they are not told.`;
      notice(deps, text, 'warning');
    } else if (port === undefined) {
      usable[name] = address;
    } else {
      const refused = network === undefined ? 'no gateway' : await problemAt(network.id, port, deps);
      if (refused === undefined) usable[name] = atHost(address, HOST_NAME);
      else notice(deps, onLoopback(name, port, refused), 'warning');
    }
  }
  return Object.keys(usable).length === 0 ? undefined : { addresses: usable, except };
}

function onLoopback(name: string, port: number, refused: string): string {
  return `${name} of this host is on its loopback, and nothing in a cluster reaches port ${port} of the host (${refused}); the nodes pull images without it. Let the proxy listen at the address of Docker's bridge, too, then stop and start the cluster: docs/host.md`;
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

/** Names and networks that are not behind any proxy. */
function domainsOf(guest: GuestPlan, { domains }: Proxied, { kinds }: RigDeps): string[] {
  const nodes = Array.from({ length: guest.nodes }, (_, at) => nodeName(at + 1));
  const networks = Object.values(networksOf(guest, kinds));
  return ['localhost', '127.0.0.0/8', ...networks, ...nodes, 'registry', HOST_NAME, ...domains];
}

/** Configuration of the unit, by which it gets the variables (systemd.exec(5), systemd.syntax(7)). */
export function renderUnit({ addresses, except }: HostProxy, inside: readonly string[]): string {
  const users = except.split(/[\s,]+/).filter((one) => one !== '');
  const variables = { ...addresses, NO_PROXY: [...new Set([...users, ...inside])].join(',') };
  const lines = Object.entries(variables).map(
    ([name, value]) => `Environment="${name}=${value.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"\n`,
  );
  return `# Of the host on which the cluster was started; gocli writes it anew with each start.\n[Service]\n${lines.join('')}`;
}

/** Its input becomes the file; an empty one removes it. The password that may be in it is for root. */
function scriptFor(file: string, unit: string): string {
  const [path, name] = [quoteAll([file]), quoteAll([unit])];
  return `set -eu
umask 077
mkdir -p -m 755 "$(dirname ${path})"
cat >${path}
[ -s ${path} ] || rm -f ${path}
systemctl daemon-reload
systemctl try-restart ${name}`;
}

/** @returns whether there was anything new to tell. Most have nothing, and nothing is started in them. */
async function tell(
  { container, node }: MachineHandle,
  unit: string,
  text: string,
  { docker, clock, signal }: RigDeps,
): Promise<boolean> {
  // Before what a user wrote there by hand, which counts then.
  const file = `/etc/systemd/system/${unit}.d/10-gocli-proxy.conf`;
  return inTime(`${node} takes over the proxy`, { signal, timeoutMs: TELL_MS }, async (bounded) => {
    await using agent = await Agent.open(docker, container, node, bounded);
    const before = await agent.readFile(file, bounded).catch((error: unknown) => {
      if (isCode(error, 'REMOTE_COMMAND')) return '';
      throw error;
    });
    if (before === text) return false;
    const argv = ['/bin/sh', '-c', scriptFor(file, unit)];
    const { exitCode } = await agent.run(argv, clock, bounded, text);
    if (exitCode === 0) return true;
    throw new GocliError('REMOTE_COMMAND', `${unit} of ${node} did not start with it (code ${exitCode})`);
  });
}
