import { formatDuration } from '../../shared/duration.ts';

/** When the time of a rig is over, for people: `in 1h30m`. */
export function endWords(until: string, now: number): string {
  const left = Date.parse(until) - now;
  return left > 0 ? `in ${formatDuration(left)}` : `over since ${until.slice(0, 19)}Z`;
}
