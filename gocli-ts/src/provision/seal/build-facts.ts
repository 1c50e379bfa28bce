import { hostname } from 'node:os';
import type { Host } from '../../host/interface.ts';
import { loopbackPort, serverOf, type HostProxy } from '../../host/proxy.ts';
import { debianMirrors } from '../debian/sources.ts';
import type { BuildFacts } from './rules.ts';

/** Named in documentation and programs everywhere; they tell nothing of the building machine. */
const PUBLIC = new Set([
  'deb.debian.org',
  'security.debian.org',
  'proxy.golang.org',
  'sum.golang.org',
  'localhost',
  'host.docker.internal',
  'host.gocli.internal',
]);

/**
 * What the result must not tell of this machine, from the configuration of the tools that took part.
 * @param proxy the one that the machine was told of while the image was built in it
 */
export async function readBuildFacts(
  host: Host,
  proxy: HostProxy | undefined,
  signal: AbortSignal,
): Promise<BuildFacts> {
  const { main, security } = await debianMirrors(host, signal);
  const proxies = await host.run(['apt-config', 'dump', 'Acquire'], { signal, allowFailure: true });
  // The rest of the dump names addresses that are apt's own defaults.
  const proxyLines = proxies.stdout.split('\n').filter((line) => /proxy/i.test(line));
  const go = await host.run(['go', 'env', 'GOPROXY', 'GOSUMDB'], { signal, allowFailure: true });
  const mirrors = hostNames([main, security ?? '', ...proxyLines, go.stdout].join('\n'));
  const told = Object.values(proxy?.addresses ?? {}).flatMap(namesOfProxy);
  return { mirrors: [...new Set([...mirrors, ...told])].sort(), hostname: hostname() };
}

/** Host name of a proxy, also as it is written; none of one that machines know by another name, or by its number. */
function namesOfProxy(address: string): string[] {
  const host = loopbackPort(address) === undefined ? serverOf(address)?.host.replace(/\.$/, '') : undefined;
  if (host === undefined || !isTelling(host)) return [];
  const at = address.toLowerCase().lastIndexOf(host);
  return [host, address.slice(at, at + host.length)];
}

/** Host names of all addresses in a text, without public ones and without bare numbers, which occur everywhere. */
export function hostNames(text: string): string[] {
  const found = [...text.matchAll(/[a-z][a-z0-9+]*:\/\/(?:[^\s/@"]*@)?([A-Za-z0-9.-]+)/g)].map(
    ([, name = '']) => name.toLowerCase(),
  );
  return [...new Set(found)].filter(isTelling).sort();
}

function isTelling(name: string): boolean {
  return name.includes('.') && !/^[0-9.]+$/.test(name) && !PUBLIC.has(name);
}
