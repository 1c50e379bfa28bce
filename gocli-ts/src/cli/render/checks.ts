import type { CheckResult } from '../../api/doctor/doctor.ts';

const MARKS = { ok: '✓', warning: '!', failed: '✗' } as const;

/** For people: one line a check, and what to do below those that are not ok. */
export function renderChecks(results: readonly CheckResult[]): string {
  const width = Math.max(0, ...results.map(({ title }) => title.length));
  const lines = results.flatMap(({ state, title, observed, advice }) => [
    `${MARKS[state]} ${title.padEnd(width)}  ${observed}`,
    ...(advice === undefined ? [] : [`  ${' '.repeat(width)}  What to do: ${advice}`]),
  ]);
  return `${[...lines, '', verdict(results)].join('\n')}\n`;
}

function verdict(results: readonly CheckResult[]): string {
  const failures = results.filter(({ state }) => state === 'failed').length;
  const warnings = results.filter(({ state }) => state === 'warning').length;
  if (failures > 0) return `Clusters cannot run here yet; failed checks: ${failures}.`;
  return warnings === 0 ? 'Everything is fine.' : `Clusters can run here; remarks: ${warnings}.`;
}
