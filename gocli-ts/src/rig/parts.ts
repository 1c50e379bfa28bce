import type { MachineHandle } from '../frozen/migration.ts';
import { LABEL, type Role } from '../place/labels.ts';
import type { ContainerInfo } from '../place/interface.ts';

/** What containers of a rig are, by their labels. */
type Labelled = Pick<ContainerInfo, 'labels'>;

/** Whether a container is that of a machine. */
export function isMachine({ labels }: Labelled): boolean {
  return labels[LABEL.node] !== undefined;
}

/** The container of a role of which a rig has one. */
export function partOf<T extends Labelled>(
  containers: readonly T[],
  role: Extract<Role, 'dnsmasq' | 'registry'>,
): T | undefined {
  return containers.find(({ labels }) => labels[LABEL.role] === role);
}

/** The machines of a rig, in their order. */
export function machinesIn({
  containers,
}: {
  readonly containers: readonly Pick<ContainerInfo, 'id' | 'labels'>[];
}): MachineHandle[] {
  return containers
    .flatMap(({ id, labels }) => {
      const node = labels[LABEL.node];
      return node === undefined ? [] : [{ container: id, node }];
    })
    .sort((a, b) => a.node.localeCompare(b.node));
}
