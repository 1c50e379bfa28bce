import type { ExecutionContext } from 'ava';
import type { Ground } from './ground.ts';

/**
 * How much is done: all of it (`make faults`), or of what is done many times over one of each kind, and no more than the
 * cases marked so (`make faults-short`).
 */
export type Extent = 'all' | 'short';

/** What docs/faults.md says of a case. */
export interface Described {
  /** Stays the same; by it is remembered what passed. */
  readonly id: string;
  /** Heading on the page. */
  readonly part: string;
  /** What is broken, and how. */
  readonly broken: string;
  readonly how: string;
  /** What the user sees, and the exit code. */
  readonly sees: string;
  readonly exit: string;
  /** What is left, or goes on. */
  readonly left: string;
  /** It was written, and did not pass yet: nobody may rely on what it says. */
  readonly unseen?: boolean;
}

/** A case on the disk guest: what makes the fault, and looks at what comes of it. */
export interface Fault extends Described {
  /** Whether `make faults-short` has it, too. */
  readonly short?: true;
  readonly run: (t: ExecutionContext, ground: Ground, extent: Extent) => Promise<void>;
}

/** A case on a cluster of the provider, by its name. It leaves the cluster Ready. `make faults-short` has none. */
export interface ClusterFault extends Described {
  readonly run: (t: ExecutionContext, cluster: string) => Promise<void>;
}
