import { portKey, type PortInfo } from '../../network/ports.ts';
import { wholeNumber } from './number.ts';
import { defineOption, type Option } from './option.ts';

/** Those that were made: a flag that several kinds have is one option. */
const made = new Map<string, Option<number, number>>();

/** An option that pins a named port of a kind to a host port. */
function pinned({ name, port, protocol }: PortInfo): Option<number, number> {
  const key = portKey(port, protocol);
  const known = made.get(`${name} ${key}`);
  if (known !== undefined) return known;
  const option = defineOption({
    describe: `Host port for ${name}, instead of a free one`,
    type: 'number',
    group: 'Host ports:',
    read: (input: number, at) => wholeNumber(input, at, 1, 65_535),
    host: (value: number, { pinnedPorts }) => ({ pinnedPorts: { ...pinnedPorts, [key]: value } }),
    differs: {
      what: `host port of ${key}`,
      of: ({ host }) => host.pinnedPorts[key],
      onlyAsked: true,
      absent: 'a free one',
    },
  });
  made.set(`${name} ${key}`, option);
  return option;
}

/** Names of the ports of a kind that can be pinned. */
type Pinnable<Ports extends readonly PortInfo[]> = Extract<
  Ports[number],
  { readonly pinnable: true }
>['name'];

/** `vncPort`, `sshPort`, …: one for each port of a kind that can be pinned, in its order. */
export function portOptions<const Ports extends readonly PortInfo[]>(
  ports: Ports,
): Readonly<Record<`${Pinnable<Ports>}Port`, Option<number, number>>> {
  const options = ports.flatMap((port) =>
    port.pinnable === true ? [[`${port.name}Port`, pinned(port)] as const] : [],
  );
  return Object.fromEntries(options) as Readonly<Record<`${Pinnable<Ports>}Port`, Option<number, number>>>;
}
