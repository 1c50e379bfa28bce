import { randomBytes } from 'node:crypto';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo } from '../place/interface.ts';
import { STOPPED } from './names.ts';
import type { HostPlan } from './plan.ts';
import type { RigState } from './state.ts';

/**
 * A rig by both: labels and volumes carry its id, which never changes, containers and the record its name. The id is
 * the name that it was made under, as long as that was nobody else's id.
 */
export interface Identity {
  readonly id: string;
  readonly name: string;
}

/** The id of a rig by its plan. */
export function rigId({ id, name }: Pick<HostPlan, 'id' | 'name'>): string {
  return id ?? name;
}

/** The same by its state. */
export function idOfState({ name, plan }: RigState): string {
  return plan.host.id ?? name;
}

/** A plan of another name. */
export function hostNamed(host: HostPlan, { id, name }: Identity): HostPlan {
  const named: Omit<HostPlan, 'id'> & { id?: string } = { ...host, name };
  delete named.id;
  return id === name ? named : { ...named, id };
}

/** A state as it is called now, whatever it was called when it was written down. */
export function stateNamed(state: RigState, identity: Identity): RigState {
  const { host, guest } = state.plan;
  const { id, name } = identity;
  if (state.name === name && host.name === name && rigId(host) === id) return state;
  return { ...state, name, plan: { guest, host: hostNamed(host, identity) } };
}

/** The id that a container belongs to: of its rig, or of the one that it is a snapshot of. */
export function idAmong({ labels }: Pick<ContainerInfo, 'labels'>): string | undefined {
  return labels[LABEL.cluster] ?? labels[LABEL.owner];
}

/** What comes after the name of the rig; see names.ts, kept-registry.ts and snapshot/snapshots.ts. */
const SUFFIX = /-(?:dnsmasq|registry|node\d+|aside\d+|snapshot-[0-9a-f]+|kept)$/;

/** What of a container says whose it is, and what that is called; a copy of a keeper says it, too. */
type Bearer = Pick<ContainerInfo, 'name' | 'labels'>;

/** Who says what a rig is called, where several bear its name: the first role that there is. */
const RANKS = ['dnsmasq', 'registry', 'node', 'stopped', 'snapshot', 'kept'];

function rankOf({ labels }: Bearer): number {
  const role = labels[LABEL.role] ?? '';
  return RANKS.indexOf(labels[LABEL.snapshot] === STOPPED ? 'stopped' : role);
}

/** The part of a container's name that is a rig's; undefined when it has none. */
export function nameBorne({ name }: Pick<ContainerInfo, 'name'>): string | undefined {
  const borne = name.replace(SUFFIX, '');
  return borne === name || borne === '' ? undefined : borne;
}

/**
 * Containers of one rig whose names begin with its name, in an order that no rename changes: the first one says what the
 * rig is called, so that a rename that was killed before it came to that one has not happened.
 */
export function bearersAmong<T extends Bearer>(containers: readonly T[]): T[] {
  const suffix = ({ name }: Bearer): string => SUFFIX.exec(name)?.[0] ?? '';
  return containers
    .filter((one) => rankOf(one) !== -1 && nameBorne(one) !== undefined)
    .sort((a, b) => rankOf(a) - rankOf(b) || suffix(a).localeCompare(suffix(b)));
}

/** What each rig, or what is left of one, is called, by its id. */
export function rigNames(containers: readonly Bearer[]): Map<string, string> {
  const byId = new Map<string, Bearer[]>();
  for (const one of containers) {
    const id = idAmong(one);
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), one]);
  }
  return new Map(
    [...byId].map(([id, own]) => {
      const [first] = bearersAmong(own);
      return [id, (first === undefined ? undefined : nameBorne(first)) ?? firstName(id)];
    }),
  );
}

/** An id for a rig whose name is the id of another one. No name has that form. */
export function anotherId(name: string): string {
  return `${name}_${randomBytes(3).toString('hex')}`;
}

/** The name that the rig of an id was made under. */
export function firstName(id: string): string {
  return id.replace(/_[0-9a-f]{6}$/, '');
}
