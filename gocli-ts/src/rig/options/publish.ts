import { GocliError } from '../../errors/error.ts';
import { readEach } from '../../errors/several.ts';
import { nodeName } from '../../network/addresses.ts';
import { pinnedOf, type Publish } from '../published-ports.ts';
import { noSuchNode } from './per-node.ts';
import { defineOption } from './option.ts';

/** `[127.0.0.1:][HOSTPORT:]PORT[/udp][@NODE]`, as docker and k3d write it. */
const SHAPE =
  /^(?:(?<address>[^:@]+):(?=[^:@]*:))?(?:(?<host>\d{0,5}):)?(?<port>\d{1,5})(?:\/(?<protocol>tcp|udp))?(?:@node(?<node>\d{1,2}))?$/;
/** What they are published at; it may be said, too. */
const ADDRESSES: readonly (string | undefined)[] = [undefined, '127.0.0.1', 'localhost'];
/** As many as the named ports of a kind leave numbers for by far. */
const MOST = 100;

export const publish = defineOption({
  describe: 'Publish a port of a node at a host port: 8080:80, 8081:80@node02, 5353:53/udp',
  type: 'list',
  group: 'Host ports:',
  read: (input: number | string | readonly (number | string)[], at): Publish[] => {
    const all = [input].flat().flatMap((one) => String(one).split(','));
    const read = readEach(all, (text) => readOne(text, at));
    if (read.length <= MOST) return read;
    throw new GocliError('BAD_VALUE', `${at}: more than ${MOST.toFixed(0)} ports`);
  },
  host: (value: readonly Publish[], { pinnedPorts }) => ({
    published: value,
    pinnedPorts: { ...pinnedPorts, ...pinnedOf(value) },
  }),
  differs: { what: 'published ports', of: ({ host }) => host.published, onlyAsked: true },
  check: ({ nodes }, { host }, at) => {
    const strange = host.published?.find(({ node }) => node > nodes);
    if (strange !== undefined) throw noSuchNode(nodeName(strange.node), nodes, at);
  },
});

function readOne(text: string, at: string): Publish {
  const refuse = (why: string, hint: string): GocliError =>
    new GocliError('BAD_VALUE', `${at}: "${text}" ${why}`, { hint });
  const found = SHAPE.exec(text)?.groups;
  if (found === undefined)
    throw refuse('names no port', 'HOSTPORT:PORT, with /udp and @node02 if wanted: 8080:80@node02');
  if (!ADDRESSES.includes(found['address']))
    throw refuse('asks for another address', 'Ports are published at 127.0.0.1 alone.');
  const [port, host, node] = [found['port'], found['host'], found['node'] ?? '1'].map((one) =>
    one === undefined || one === '' ? undefined : Number(one),
  );
  const isPort = (one: number): boolean => one >= 1 && one <= 65_535;
  if (port === undefined || !isPort(port) || (host !== undefined && !isPort(host)))
    throw refuse('is out of range', 'Ports are from 1 to 65535.');
  if (node === undefined || node < 1) throw refuse('names no node', 'The first node is node01.');
  const protocol = found['protocol'] === 'udp' ? 'udp' : 'tcp';
  return { node, port, protocol, ...(host === undefined ? {} : { hostPort: host }) };
}
