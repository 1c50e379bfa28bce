import type { InventoryItem } from '../../rig/template/inventory.ts';
import { formatBytes } from '../../shared/size.ts';
import { formatSeconds } from '../../shared/text.ts';

/** What is told of a template, for machines. */
export function templateRow(item: InventoryItem) {
  const { template, provider, nodes, bytes, createdAt, lastUse, usedBy, hasImage } = item;
  const intact = typeof template.manifest === 'string' ? undefined : template.manifest;
  return {
    id: template.id,
    provider,
    nodes,
    bytes,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: intact?.expiresAt === undefined ? null : new Date(intact.expiresAt).toISOString(),
    lastUse: new Date(lastUse).toISOString(),
    usedBy,
    hasImage,
    problem: intact === undefined ? template.manifest : null,
  };
}

/** The same for people, one line each. */
export function templateTable(items: readonly InventoryItem[], now: number): string[][] {
  const head = ['TEMPLATE', 'PROVIDER', 'NODES', 'SIZE', 'AGE', 'EXPIRES', 'LAST USE', 'USED BY'];
  // Of a template whose manifest cannot be read nothing is known.
  const ago = (time: number): string => (time === 0 ? '-' : formatSeconds(Math.max(0, (now - time) / 1000)));
  return [
    head,
    ...items.map((item) => [
      item.template.id,
      item.provider,
      String(item.nodes),
      formatBytes(item.bytes),
      ago(item.createdAt),
      templateRow(item).expiresAt?.slice(0, 10) ?? '-',
      ago(item.lastUse),
      item.usedBy.join(', ') || (typeof item.template.manifest === 'string' ? item.template.manifest : '-'),
    ]),
  ];
}
