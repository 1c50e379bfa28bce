import { isIP } from 'node:net';

/** Docker Hub's registry is not at the host that its images are named by. */
const HUB = { name: /^(?:index\.)?docker\.io$/, host: 'registry-1.docker.io' } as const;

/**
 * Where a registry is asked. Plain HTTP is for this very machine alone, as for the docker daemon: elsewhere a login would
 * be read on the way.
 * @param host as images are named: `registry.example:5000`
 * @param hasCa an authority is known that the user gave for it, so that it speaks TLS, wherever it is
 * @returns undefined for what is no host, such as one with a port that there is not
 */
export function originOf(host: string, hasCa: boolean): URL | undefined {
  const at = HUB.name.test(host) ? HUB.host : host;
  if (!URL.canParse(`https://${at}`)) return undefined;
  const url = new URL(`https://${at}`);
  if (isLoopback(url) && !hasCa) return new URL(`http://${at}`);
  return url;
}

function isLoopback({ hostname }: URL): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

/** Whether a login may be sent there. */
export function isPrivate(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}
