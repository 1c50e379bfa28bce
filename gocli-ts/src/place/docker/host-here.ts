import { lookup } from 'node:dns/promises';
import { isOwnAddress } from '../../host/routes.ts';
import { answerOr } from '../../waiting/answer-or.ts';

/** All addresses of a host stand for its own loopback to who connects to them (Go's net.Dial, as to the kernel). */
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' };

/** Milliseconds that a name may take; what nobody knows in that time is none of this host. */
const LOOKUP_MS = 5000;

/** Where to connect to for a daemon of this host; undefined for any other host. */
export async function hostHere(host: string): Promise<string | undefined> {
  if (host === '') return undefined;
  const address = ANY[host] ?? host;
  if (address === 'localhost' || address === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(address)) return address;
  // Names of this host, and its addresses in networks: there its ports are published on 127.0.0.1, too.
  const found = await addressesOf(address.replace(/^\[|\]$/g, ''));
  const own = await Promise.all(found.map(isOwnAddress));
  return own.length > 0 && own.every((one) => one) ? address : undefined;
}

async function addressesOf(name: string): Promise<string[]> {
  const { signal } = new AbortController();
  const found = await answerOr([], signal, LOOKUP_MS, () => lookup(name, { all: true }));
  return found.map(({ address }) => address);
}
