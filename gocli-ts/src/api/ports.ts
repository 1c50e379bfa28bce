import { GocliError } from '../errors/error.ts';
import { portKey, type PortInfo } from '../network/ports.ts';
import { portInfosOf } from '../rig/published-ports.ts';
import { didYouMean } from '../shared/text.ts';
import { chooseStarted, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

/** A port that a rig publishes. */
export interface NamedPort {
  /** `ssh`, `registry`, `k8s` … */
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: PortInfo['protocol'];
  /** On 127.0.0.1; null when it is not published. */
  readonly hostPort: number | null;
  readonly meaning: string;
}

export interface PortsResult {
  readonly ports: readonly NamedPort[];
}

/** The named ports of a rig that runs, and those that were asked for: `node02:80`. @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY */
export async function ports(request: RigChoice, context: Context): Promise<PortsResult> {
  const { state } = await chooseStarted(request, context);
  return {
    ports: portInfosOf(state.plan, context.kinds).map(({ name, port, protocol, meaning }) => ({
      name,
      containerPort: port,
      protocol,
      hostPort: state.ports[portKey(port, protocol)] ?? null,
      meaning,
    })),
  };
}

/** One of them that is published. @throws GocliError NOT_FOUND with the nearest name */
export function portNamed(
  name: string,
  all: readonly NamedPort[],
): NamedPort & { readonly hostPort: number } {
  const found = all.find((port) => port.name === name);
  if (found?.hostPort != null) return { ...found, hostPort: found.hostPort };
  const names = all.map((port) => port.name);
  throw new GocliError('NOT_FOUND', `there is no port "${name}".${didYouMean(name, names)}`, {
    hint: `Ports: ${names.join(', ')}`,
  });
}
