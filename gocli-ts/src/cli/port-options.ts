import { GocliError } from '../errors/error.ts';
import { PINNABLE, PORTS } from '../kubernetes/ports.ts';
import { portKey } from '../network/ports.ts';
import { wholeNumber } from './numbers.ts';

const port = (name: string) =>
  ({
    type: 'number',
    requiresArg: true,
    describe: `Host port for ${name}, instead of a free one`,
    group: 'Host ports:',
  }) as const;

/** Flags that pin a named port of kubevirtci to a host port. */
export const portOptions = {
  'vnc-port': port('vnc'),
  'http-port': port('http'),
  'https-port': port('https'),
  'registry-port': port('registry'),
  'ocp-port': port('ocp'),
  'k8s-port': port('k8s'),
  'ssh-port': port('ssh'),
  'prometheus-port': port('prometheus'),
  'grafana-port': port('grafana'),
  'dns-port': port('dns'),
} as const satisfies Record<`${(typeof PINNABLE)[number]}-port`, unknown>;

export type PortArguments = Readonly<Partial<Record<keyof typeof portOptions, number | undefined>>>;

/** Host ports asked for, by `<container port>/<protocol>`. @throws GocliError BAD_VALUE */
export function pinnedPorts(args: PortArguments): Record<string, number> {
  const result: Record<string, number> = {};
  for (const name of PINNABLE) {
    const value = wholeNumber(`--${name}-port`, args[`${name}-port`]);
    const info = PORTS.find((one) => one.name === name);
    if (value === undefined || info === undefined) continue;
    if (value > 65_535)
      throw new GocliError('BAD_VALUE', `--${name}-port: ${value} is out of range`, {
        hint: 'A port from 1 to 65535.',
      });
    result[portKey(info.port, info.protocol)] = value;
  }
  return result;
}
