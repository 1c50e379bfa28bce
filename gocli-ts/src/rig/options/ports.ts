import { portKey, type PortInfo } from '../../network/ports.ts';
import { wholeNumber } from './number.ts';
import { defineOption, type Option } from './option.ts';

/** An option that pins a named port of a kind to a host port. */
function pinned({ name, port, protocol }: PortInfo): Option<number, number> {
  const key = portKey(port, protocol);
  return defineOption({
    describe: `Host port for ${name}, instead of a free one`,
    type: 'number',
    group: 'Host ports:',
    read: (input: number, at) => wholeNumber(input, at, 1, 65_535),
    host: (value: number, { pinnedPorts }) => ({ pinnedPorts: { ...pinnedPorts, [key]: value } }),
  });
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
