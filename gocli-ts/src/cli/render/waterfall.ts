import type { StepTiming } from '../../events/events.ts';
import { renderTable } from './table.ts';

/** Characters that the whole time takes. */
const WIDTH = 40;

/** Steps and their parts as bars on a common time line, in the order in which they began. */
export function renderWaterfall(timings: readonly StepTiming[]): string {
  const end = Math.max(...timings.map(({ startSeconds, seconds }) => startSeconds + seconds), 0.001);
  const at = (seconds: number): number => Math.round((seconds / end) * WIDTH);
  const rows = [...timings]
    .sort((a, b) => a.startSeconds - b.startSeconds || b.seconds - a.seconds)
    .map(({ title, detail, startSeconds, seconds }) => {
      const from = at(startSeconds);
      const bar = (detail === true ? '▒' : '█').repeat(Math.max(1, at(startSeconds + seconds) - from));
      return [detail === true ? `  ${title}` : title, seconds.toFixed(3), ' '.repeat(from) + bar];
    });
  return renderTable([['STEP', 'SECONDS', ''], ...rows]);
}
