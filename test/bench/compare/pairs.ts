import { orderOf, type Figure, type Round, type SideName } from './plan.ts';
import { isEnough } from './statistics.ts';

/** Seconds of one figure on both sides, one measured right after the other. */
export type Pair = Readonly<Record<SideName, number>>;

/** All pairs of each figure so far. */
export type Pairs = Map<Figure, Pair[]>;

/** Does a round's activity on one side; gives the seconds of the figures that are still wanted, and perhaps others. */
export type Perform = (
  side: SideName,
  wanted: readonly Figure[],
) => Promise<Readonly<Partial<Record<Figure, number>>>>;

/** Times of this checkout as parts of the other one's: above 1 this one is slower. */
export function ratiosOf(pairs: readonly Pair[]): number[] {
  return pairs.map((pair) => pair.this / pair.other);
}

/**
 * Measures pairs until every figure of the round has enough of them; a figure that has is not measured any more.
 * @param pairs what is added to, so that an interrupted comparison keeps what it has
 * @param onPair called before each pair with its number, the first that counts being 1
 */
export async function collectPairs(
  { figures, rule }: Round,
  pairs: Pairs,
  perform: Perform,
  onPair: (number: number, wanted: readonly Figure[]) => void,
): Promise<void> {
  const of = (figure: Figure): Pair[] => pairs.get(figure) ?? [];
  for (let at = 0; ; at += 1) {
    const wanted = figures.filter((figure) => !isEnough(ratiosOf(of(figure)), rule));
    if (wanted.length === 0) return;
    onPair(at - rule.discarded + 1, wanted);
    const [first, second] = orderOf(at);
    const one = await perform(first, wanted);
    const two = await perform(second, wanted);
    if (at < rule.discarded) continue;
    const seconds = first === 'this' ? { this: one, other: two } : { this: two, other: one };
    for (const figure of wanted) pairs.set(figure, [...of(figure), pairOf(figure, seconds)]);
  }
}

function pairOf(figure: Figure, seconds: Record<SideName, Readonly<Partial<Record<Figure, number>>>>): Pair {
  const { [figure]: mine } = seconds.this;
  const { [figure]: theirs } = seconds.other;
  if (mine === undefined || theirs === undefined) throw new Error(`${figure} was not measured`);
  return { this: mine, other: theirs };
}
