import type { OperationSink } from '../events/events.ts';
import type { Paths } from '../host/paths.ts';
import type { Host } from '../host/interface.ts';
import type { Docker } from '../place/interface.ts';
import type { RigDeps } from '../rig/deps.ts';
import type { Naming } from '../rig/options/option.ts';
import type { Kind } from '../rig/kind.ts';
import type { Clock } from '../shared/clock.ts';
import type { Ssh } from '../ssh/interface.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where an operation takes place, as far as it is neither a rig nor Docker. */
interface Place {
  /** Programs of this host. */
  readonly host: Host;
  readonly env: Environment;
  /** Folder that relative paths of a request are meant from, by `pathFrom`; empty when it was removed. */
  readonly cwd: string;
}

/** What all operations of a process share. */
export interface Runtime extends Place {
  readonly docker: Docker;
  readonly ssh: Ssh;
  readonly clock: Clock;
  readonly paths: Paths;
  readonly version: string;
  readonly checkout: string;
  /** What values of a request are called in errors. */
  readonly naming: Naming;
  /** What rigs can be for; loaded when an operation begins. */
  readonly loadKinds: () => Promise<readonly Kind[]>;
}

/** Everything that one operation works with; see operation.ts for how it comes about. */
export interface Context extends RigDeps, Place {
  /** Keeps something until the operation is over. */
  readonly keep?: (kept: AsyncDisposable) => void;
}

/** How a function of the library is called, beside its request. */
export interface CallOptions {
  /** Gets everything that the operation tells: steps, notices, log lines. Nothing is printed. */
  readonly onEvent?: OperationSink | undefined;
  /** Ends the operation in order; what it made is removed. */
  readonly signal?: AbortSignal | undefined;
  /** Environment of the operation, instead of that of the process: `DOCKER_HOST`, `KUBECONFIG`, … */
  readonly env?: Environment | undefined;
}

/** The request of an operation that needs to be told nothing. */
export type NoRequest = Readonly<Record<string, never>>;
