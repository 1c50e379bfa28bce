import { portKey, type PortInfo } from '../../network/ports.ts';
import { wholeNumber } from '../../rig/options/number.ts';
import { defineOption, type Option } from '../../rig/options/option.ts';
import { PINNABLE, PORTS, type Pinnable } from '../ports.ts';

/** An option that pins one of kubevirtci's named ports to a host port. */
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

/** `vncPort`, `sshPort`, …: one for each port that can be pinned. */
export const PORT_OPTIONS = Object.fromEntries(
  PINNABLE.flatMap((name) => {
    const port = PORTS.find((one) => one.name === name);
    return port === undefined ? [] : [[`${name}Port`, pinned(port)]];
  }),
) as Readonly<Record<`${Pinnable}Port`, Option<number, number>>>;
