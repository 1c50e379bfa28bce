import { readFile } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { portProblem } from './ports.ts';

/** Where packets for a network go. */
export interface Route {
  /** `10.8.0.0/16` */
  readonly network: string;
  readonly device: string;
}

/** The IPv4 routes of this host but for the default one; none where that cannot be read. */
export async function hostRoutes(): Promise<Route[]> {
  return parseRoutes(await readFile('/proc/net/route', 'utf8').catch(() => ''));
}

/** Pure part: text of /proc/net/route, whose addresses are numbers in the byte order of this host, as hexadecimals. */
export function parseRoutes(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device = '', target = '', , , , , , mask = ''] = line.split('\t').map((cell) => cell.trim());
      if (!/^[0-9A-F]{8}$/.test(target) || !/^[0-9A-F]{8}$/.test(mask)) return [];
      const length = bitsOf(mask);
      // Nothing that a default route leads to is missed more than anything else.
      return length === 0 ? [] : [{ network: `${dotted(target)}/${length.toFixed(0)}`, device }];
    });
}

function dotted(hex: string): string {
  return [6, 4, 2, 0].map((at) => parseInt(hex.slice(at, at + 2), 16).toFixed(0)).join('.');
}

function bitsOf(hex: string): number {
  return parseInt(hex, 16).toString(2).replaceAll('0', '').length;
}

/** Whether two IPv4 networks, `10.0.0.0/8`, have an address in common: then one is a part of the other. */
export function overlap(one: string, other: string): boolean {
  return contains(one, other) || contains(other, one);
}

function contains(outer: string, inner: string): boolean {
  const [address = '', length = ''] = outer.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(length), 'ipv4');
  return list.check(inner.split('/')[0] ?? '', 'ipv4');
}

/**
 * Whether an interface of this process's network has an address. It is bound, since Node lists no interface without a
 * carrier, such as Docker's bridge while no container runs.
 */
export async function isOwnAddress(address: string): Promise<boolean> {
  return (await portProblem(0, 'tcp', address)) === undefined;
}
