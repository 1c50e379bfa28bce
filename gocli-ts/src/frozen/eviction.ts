import { formatBytes } from '../shared/size.ts';

const DAY_MS = 86_400_000;
/** A template that nobody thawed for so long is not missed. */
const UNUSED_DAYS = 30;

/** What decides whether a template is kept. */
export interface Keepable {
  readonly id: string;
  readonly bytes: number;
  /** Milliseconds since the epoch; when it was made, if it was never thawed. */
  readonly lastUse: number;
  readonly inUse: boolean;
  readonly hasImage: boolean;
}

export interface Evicted {
  readonly id: string;
  readonly why: string;
}

/**
 * Which templates go, and why: those without their image, those not used for a month, and of the others the least
 * recently used, until all together fit into the budget. What is in use stays. Pure.
 * @param budget bytes
 */
export function evictions(templates: readonly Keepable[], budget: number, now: number): Evicted[] {
  const gone: Evicted[] = [];
  const kept: Keepable[] = [];
  for (const template of templates) {
    const why = template.inUse ? undefined : expiry(template, now);
    if (why === undefined) kept.push(template);
    else gone.push({ id: template.id, why });
  }
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { id, bytes, inUse } of [...kept].sort((a, b) => a.lastUse - b.lastUse)) {
    if (total <= budget) break;
    if (inUse) continue;
    total -= bytes;
    gone.push({ id, why: `all templates together may have ${formatBytes(budget)}` });
  }
  return gone;
}

function expiry({ hasImage, lastUse }: Keepable, now: number): string | undefined {
  if (!hasImage) return 'its image is gone';
  return now - lastUse > UNUSED_DAYS * DAY_MS ? `not used for ${UNUSED_DAYS} days` : undefined;
}
