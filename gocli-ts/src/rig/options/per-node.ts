import { GocliError } from '../../errors/error.ts';
import { readEach } from '../../errors/several.ts';
import { nodeName } from '../../network/addresses.ts';
import type { GuestPlan, NodePlan } from '../plan.ts';

/** A value for all nodes, and others for some, by name. */
export interface PerNode {
  readonly all?: number;
  readonly nodes: Readonly<Record<string, number>>;
}

/** `4G`, `node02=8G`, several with commas between them, or a list of all these. */
export type PerNodeInput = number | string | readonly (number | string)[];

/**
 * Of several flags for one node the last counts, as with every flag; in one list of words none is said twice.
 * @throws GocliError BAD_VALUE, and what `read` throws of a value
 */
export function readPerNode(input: PerNodeInput, at: string, read: (text: string) => number): PerNode {
  const words = readEach([input].flat(), (one) => readList(String(one), at, read)).flat();
  const all = words.findLast(({ node }) => node === undefined)?.value;
  const single = words.flatMap(({ node, value }) => (node === undefined ? [] : [[node, value] as const]));
  return { ...(all === undefined ? {} : { all }), nodes: Object.fromEntries(single) };
}

interface Word {
  readonly node: string | undefined;
  readonly value: number;
}

function readList(list: string, at: string, read: (text: string) => number): Word[] {
  const said = new Set<string | undefined>();
  return readEach(list.split(','), (word) => {
    const [, name, text] = /^(node\d{1,2})=(.*)$/.exec(word) ?? [undefined, undefined, word];
    const node = name === undefined ? undefined : checkedName(name, at);
    const value = read(text);
    if (said.has(node))
      throw new GocliError('BAD_VALUE', `${at}: ${node ?? 'the value of all nodes'} is said twice: ${list}`);
    said.add(node);
    return { node, value };
  });
}

function checkedName(node: string, at: string): string {
  const index = Number(node.slice('node'.length));
  if (index >= 1) return nodeName(index);
  throw new GocliError('BAD_VALUE', `${at}: there is no ${node}`, { hint: 'The first node is node01.' });
}

/** The change to a guest plan. A plan without values of single nodes is as it was before there were any. */
export function perNodeChange(
  field: keyof NodePlan,
  { all, nodes }: PerNode,
  plan: GuestPlan,
): Partial<GuestPlan> {
  const single = Object.entries(nodes);
  const perNode: Record<string, NodePlan> = { ...plan.perNode };
  for (const [name, value] of single) perNode[name] = { ...perNode[name], [field]: value };
  return {
    ...(all === undefined ? {} : { [field]: all }),
    ...(single.length === 0 ? {} : { perNode: byName(perNode) }),
  };
}

/** What a plan has of it: one value, or `{ all, node02 }` when single nodes have others, in the order of the nodes. */
export function perNodeValue(
  field: keyof NodePlan,
  { [field]: all, perNode = {} }: GuestPlan,
): number | Readonly<Record<string, number>> {
  const single = Object.entries(byName(perNode)).flatMap(([name, { [field]: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return single.length === 0 ? all : { all, ...Object.fromEntries(single) };
}

/** In the order of the nodes: that in which they were written is none of the plan's, whose text is compared and hashed. */
function byName(perNode: Readonly<Record<string, NodePlan>>): Readonly<Record<string, NodePlan>> {
  return Object.fromEntries(Object.entries(perNode).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Refuses values of nodes that the plan does not have. @throws GocliError BAD_VALUE */
export function checkNodes(at: string, field: keyof NodePlan, { nodes, perNode = {} }: GuestPlan): void {
  const known = Array.from({ length: nodes }, (_, at) => nodeName(at + 1));
  const strange = Object.entries(perNode).find(
    ([name, plan]) => plan[field] !== undefined && !known.includes(name),
  );
  if (strange !== undefined) throw noSuchNode(strange[0], nodes, at);
}

/** That a plan of so many nodes has none of that name. */
export function noSuchNode(name: string, nodes: number, at: string): GocliError {
  const known = Array.from({ length: nodes }, (_, index) => nodeName(index + 1));
  const plan = nodes === 1 ? 'a plan of one node' : `a plan of ${nodes.toFixed(0)} nodes`;
  return new GocliError('BAD_VALUE', `${at}: there is no ${name} in ${plan}`, {
    hint: `Its nodes: ${known.join(', ')}`,
  });
}
