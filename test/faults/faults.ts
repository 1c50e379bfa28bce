import { CLUSTER_FAULTS } from './cluster.ts';
import type { Described, Fault } from './fault.ts';
import { FROZEN_FAULTS } from './frozen.ts';
import { GUEST_FAULTS } from './guest.ts';
import { PART_FAULTS } from './parts.ts';
import { SIGNAL_FAULTS } from './signals.ts';
import { STATE_FAULTS } from './state.ts';
import { TOGETHER_FAULTS } from './together.ts';

/** Those that did not pass yet on a quiet machine; whoever sees one pass takes it out of this list. */
const UNSEEN =
  /^(registry-removed|daemon-restarted-starting|state-(garbage|empty|newer|key)|template-(node01|attachment|removed)|snapshot-|together-(same-10|names|mixed|stop))/;

/** All cases on the disk guest, in the order of docs/faults.md. */
export const FAULTS: readonly Fault[] = [
  ...SIGNAL_FAULTS,
  ...PART_FAULTS,
  ...STATE_FAULTS,
  ...FROZEN_FAULTS,
  ...TOGETHER_FAULTS,
  ...GUEST_FAULTS,
].map((fault) => ({ ...fault, unseen: UNSEEN.test(fault.id) }));

/** All that docs/faults.md tells of. */
export const DESCRIBED: readonly Described[] = [...FAULTS, ...CLUSTER_FAULTS];
