import { renderTable } from '../../../gocli-ts/src/cli/render/table.ts';
import { median } from '../figures.ts';
import { ratiosOf, type Pair, type Pairs } from './pairs.ts';
import { FIGURES, type Figure, type Round, type SideName } from './plan.ts';
import { estimateRatio, halfWidth, type Estimate } from './statistics.ts';

/**
 * `slower`: even the lower end of the interval is above the limit. `not slower`: not even the upper end is. Otherwise
 * the interval holds the limit, and the pairs were too few or too noisy to tell.
 */
type Verdict = 'slower' | 'not slower' | 'undecided';

/** A figure with pairs enough for an interval; above 1 this checkout is slower. */
export interface Compared extends Estimate {
  readonly figure: Figure;
  readonly verdict: Verdict;
  /** Medians. */
  readonly seconds: Readonly<Record<SideName, number>>;
  readonly pairs: readonly Pair[];
}

/** What a side was, for whoever reads the file later. */
export interface SideFacts {
  readonly checkout: string;
  /** `git describe`; null outside of a repository. */
  readonly commit: string | null;
  readonly image: string;
  /** Null when no cluster was needed. */
  readonly imageId: string | null;
  /** The template that the clusters of this side were thawed from. */
  readonly template: string | null;
}

/** Everything about a comparison: the file of `--json`. */
export interface Report {
  readonly version: 1;
  readonly date: string;
  readonly provider: string;
  readonly limit: number;
  /** False when it was interrupted or something failed: figures may be missing or have few pairs. */
  readonly complete: boolean;
  readonly sides: Readonly<Record<SideName, SideFacts>>;
  readonly figures: readonly Compared[];
}

/** The figures that have pairs enough for an interval. Pure. */
export function compared(pairs: Pairs, limit: number): Compared[] {
  return FIGURES.flatMap((figure) => {
    const own = pairs.get(figure) ?? [];
    const estimate = estimateRatio(ratiosOf(own));
    if (estimate === undefined) return [];
    const seconds = {
      this: median(own.map((pair) => pair.this)),
      other: median(own.map((pair) => pair.other)),
    };
    return [{ figure, ...estimate, verdict: verdictOf(estimate, limit), seconds, pairs: own }];
  });
}

function verdictOf({ low, high }: Estimate, limit: number): Verdict {
  if (low > limit) return 'slower';
  return high <= limit ? 'not slower' : 'undecided';
}

/** The table for people. */
export function renderComparison(figures: readonly Compared[], limit: number): string {
  return renderTable([
    ['FIGURE', 'THIS', 'OTHER', 'RATIO', '95 % INTERVAL', '±', 'PAIRS', `AT MOST ${limit}?`],
    ...figures.map((one) => [
      one.figure,
      seconds(one.seconds.this),
      seconds(one.seconds.other),
      one.ratio.toFixed(3),
      `${one.low.toFixed(3)} to ${one.high.toFixed(3)}`,
      halfWidth(one).toFixed(3),
      String(one.pairs.length),
      one.verdict,
    ]),
  ]);
}

function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 3 : 1)} s`;
}

/** One sentence for each figure that is slower than the limit allows. */
export function failures(figures: readonly Compared[], limit: number): string[] {
  return figures
    .filter(({ verdict }) => verdict === 'slower')
    .map(
      ({ figure, ratio, low, high }) =>
        `${figure} is slower than in the other checkout: ${ratio.toFixed(3)} times as long (${low.toFixed(3)} to ${high.toFixed(3)}), and ${limit} is allowed`,
    );
}

/** Whether the clusters of the two sides came from one template or each had its own, and why. */
export function templateSentence({ this: mine, other }: Report['sides']): string | undefined {
  if (mine.template === null || other.template === null) return undefined;
  if (mine.template === other.template)
    return `Both sides thaw template ${mine.template}: their image is the same, and so is what they send to the guests.`;
  const why =
    mine.imageId === other.imageId
      ? 'the image is the same, but not what they send to the guests'
      : 'their images differ';
  return `Each side thaws its own template, ${mine.template} and ${other.template}: ${why}.`;
}

/** What is said before a pair: which it is, and the ratios so far of the figures that are still measured. */
export function progressLine(
  { activity, rule }: Round,
  number: number,
  wanted: readonly Figure[],
  pairs: Pairs,
): string {
  const most = rule.least === rule.most ? `${rule.most}` : `${rule.least} to ${rule.most}`;
  const which = number < 1 ? 'a pair that does not count' : `pair ${number} of ${most}`;
  const soFar = wanted.map((figure) => {
    const estimate = estimateRatio(ratiosOf(pairs.get(figure) ?? []));
    return estimate === undefined
      ? figure
      : `${figure} ${estimate.ratio.toFixed(3)} ±${halfWidth(estimate).toFixed(3)}`;
  });
  return `${activity}: ${which} (${soFar.join(', ')})`;
}
