import type { ListedTemplate } from '../../api/template.ts';
import { formatBytes } from '../../shared/size.ts';
import { formatSeconds } from '../../shared/text.ts';

/** Templates for people, one line each. */
export function templateTable(templates: readonly ListedTemplate[], now: number): string[][] {
  const head = ['TEMPLATE', 'PROVIDER', 'NODES', 'SIZE', 'AGE', 'EXPIRES', 'LAST USE', 'USED BY'];
  const ago = (time: string): string => {
    const at = Date.parse(time);
    // Of a template whose manifest cannot be read nothing is known.
    return at === 0 ? '-' : formatSeconds(Math.max(0, (now - at) / 1000));
  };
  return [
    head,
    ...templates.map((one) => [
      one.id,
      one.provider,
      String(one.nodes),
      formatBytes(one.bytes),
      ago(one.createdAt),
      one.expiresAt?.slice(0, 10) ?? '-',
      ago(one.lastUse),
      one.usedBy.join(', ') || (one.problem ?? '-'),
    ]),
  ];
}
