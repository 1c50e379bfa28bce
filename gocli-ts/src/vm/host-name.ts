import { nodeName } from '../network/addresses.ts';

/** Host name of a machine: that of its rig, or of several machines that and the machine's: `a`, `a-node02`. */
export function hostNameOf(rig: string, index: number, nodes: number): string {
  const name = nodes === 1 ? rig : `${rig}-${nodeName(index)}`;
  // A dot would begin the name of a domain.
  return name.replaceAll('.', '-');
}
