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
  });
  made.set(`${name} ${key}`, option);
  return option;
}

/** `vncPort`, `sshPort`, …: one for each of these ports of a kind, in this order. */
export function portOptions<Name extends string>(
  ports: readonly PortInfo[],
  names: readonly Name[],
): Readonly<Record<`${Name}Port`, Option<number, number>>> {
  const options = names.flatMap((name) => {
    const port = ports.find((one) => one.name === name);
    return port === undefined ? [] : [[`${name}Port`, pinned(port)] as const];
  });
  return Object.fromEntries(options) as Readonly<Record<`${Name}Port`, Option<number, number>>>;
}
