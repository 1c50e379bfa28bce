/**
 * The ratio of two times from pairs that were measured beside each other. Pure.
 *
 * Estimate and interval are those of Hodges and Lehmann with the signed-rank distribution of Wilcoxon, on the logarithms
 * of the ratios (Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3.1 to 3.3). Why this one: for two equal
 * programs a log ratio is distributed symmetrically around zero, whatever the distribution of the times is, since the
 * two could change places; the method assumes no more than that. On a machine with other users times have a long tail: a
 * t interval grows with every straggler, and with it the number of pairs, while here a few stragglers hardly count
 * (breakdown at 29 % of the pairs). With normal noise the interval is only some 2 % wider than that of a t test, where
 * the one around a median would be 25 % wider.
 */

/** A ratio, and the ends of its 95 % interval. */
export interface Estimate {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** How many pairs are measured. */
export interface StoppingRule {
  /** Pairs at the beginning that do not count: the first of all finds caches cold. */
  readonly discarded: number;
  readonly least: number;
  readonly most: number;
  /** Between `least` and `most` it is over when the interval reaches no further than this to either side. */
  readonly halfWidth: number;
}

/** With fewer pairs there is no interval of 95 %: all ranks of five have the same sign in 2 of 32 cases. */
export const FEWEST_PAIRS = 6;
/** Probability that the true ratio lies beyond one end of the interval, at most. */
const TAIL = 0.025;

/**
 * @param ratios one of each pair, positive
 * @returns undefined for fewer than {@link FEWEST_PAIRS}
 */
export function estimateRatio(ratios: readonly number[]): Estimate | undefined {
  const cutoff = rankCutoff(ratios.length);
  if (cutoff === 0) return undefined;
  const means = walshAverages(ratios.map(Math.log));
  const at = (index: number): number => means[index] ?? Number.NaN;
  const middle = (at(Math.floor((means.length - 1) / 2)) + at(Math.ceil((means.length - 1) / 2))) / 2;
  return {
    ratio: Math.exp(middle),
    low: Math.exp(at(cutoff - 1)),
    high: Math.exp(at(means.length - cutoff)),
  };
}

/** Half of the interval's width. */
export function halfWidth({ low, high }: Estimate): number {
  return (high - low) / 2;
}

/** Whether a figure has pairs enough. */
export function isEnough(ratios: readonly number[], rule: StoppingRule): boolean {
  if (ratios.length < rule.least) return false;
  if (ratios.length >= rule.most) return true;
  const estimate = estimateRatio(ratios);
  return estimate !== undefined && halfWidth(estimate) <= rule.halfWidth;
}

/** The means of every two values, each with itself too, in order. */
function walshAverages(values: readonly number[]): Float64Array {
  const means = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  for (const [index, one] of values.entries()) {
    for (let other = index; other < values.length; other += 1) {
      means[at] = (one + (values[other] ?? Number.NaN)) / 2;
      at += 1;
    }
  }
  return means.sort();
}

/**
 * Which of the ordered means of `pairs` values the interval begins with, counted from 1; 0 when there is no interval.
 * It is the largest k for which a sum of positive ranks below k has a probability of at most {@link TAIL}.
 */
export function rankCutoff(pairs: number): number {
  let below = 0;
  let cutoff = 0;
  for (const probability of signedRankDistribution(pairs)) {
    below += probability;
    if (below > TAIL) break;
    cutoff += 1;
  }
  return cutoff;
}

/** Probability of each sum of positive ranks, from 0 on, when every rank is positive in one of two cases. */
function signedRankDistribution(pairs: number): Float64Array {
  const distribution = new Float64Array((pairs * (pairs + 1)) / 2 + 1);
  distribution[0] = 1;
  for (let rank = 1; rank <= pairs; rank += 1) {
    // Downwards, so that what is added is still without this rank.
    for (let sum = (rank * (rank + 1)) / 2; sum >= 0; sum -= 1)
      distribution[sum] = ((distribution[sum] ?? 0) + (distribution[sum - rank] ?? 0)) / 2;
  }
  return distribution;
}
