import type { Fault } from './fault.ts';
import { FROZEN_FAULTS } from './frozen.ts';
import { PART_FAULTS } from './parts.ts';
import { SIGNAL_FAULTS } from './signals.ts';
import { STATE_FAULTS } from './state.ts';
import { TOGETHER_FAULTS } from './together.ts';

/** All cases, in the order of docs/faults.md. */
export const FAULTS: readonly Fault[] = [
  ...SIGNAL_FAULTS,
  ...PART_FAULTS,
  ...STATE_FAULTS,
  ...FROZEN_FAULTS,
  ...TOGETHER_FAULTS,
];
