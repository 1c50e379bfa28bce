import type { StoppingRule } from './statistics.ts';

/** What can be compared, in the order in which it is measured. */
export const FIGURES = ['help', 'ls', 'thaw', 'snapshot', 'stop', 'start', 'rm', 'cold'] as const;
export type Figure = (typeof FIGURES)[number];

/** The two checkouts: the one whose benchmark this is, and the one that `--against` names. */
export const SIDES = ['this', 'other'] as const;
export type SideName = (typeof SIDES)[number];

/** What is done on one side at a time; it gives one value of each of its figures. */
export type Activity = 'commands' | 'life' | 'cold';

/** Figures that are measured together, until each of them has pairs enough. */
export interface Round {
  readonly activity: Activity;
  readonly figures: readonly Figure[];
  readonly rule: StoppingRule;
}

const ACTIVITIES: Record<Activity, readonly Figure[]> = {
  commands: ['help', 'ls'],
  life: ['thaw', 'snapshot', 'stop', 'start', 'rm'],
  cold: ['cold'],
};

const QUICK: StoppingRule = { discarded: 1, least: 20, most: 80, halfWidth: 0.015 };
/** A cold start takes minutes; eight pairs are a good quarter of an hour and still give an interval. */
const SLOW: StoppingRule = { discarded: 1, least: 8, most: 8, halfWidth: 0.015 };

/**
 * The rounds for the figures asked for, none for activities of which there is no figure.
 * @param pairs a number of pairs that stands for the rule's
 */
export function roundsOf(figures: readonly Figure[], pairs: number | undefined): Round[] {
  const activities = Object.keys(ACTIVITIES) as Activity[];
  return activities
    .map((activity) => {
      const rule = activity === 'cold' ? SLOW : QUICK;
      return {
        activity,
        figures: ACTIVITIES[activity].filter((figure) => figures.includes(figure)),
        rule: pairs === undefined ? rule : { ...rule, least: pairs, most: pairs },
      };
    })
    .filter((round) => round.figures.length > 0);
}

/** Who is first in a pair: in turn, so that a machine that gets slower or warmer is no advantage to either. */
export function orderOf(pair: number): readonly [SideName, SideName] {
  return pair % 2 === 0 ? ['this', 'other'] : ['other', 'this'];
}
