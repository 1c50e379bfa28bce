import type { Docker } from '../place/interface.ts';
import type { EventSink } from '../events/events.ts';
import type { Naming } from './options/option.ts';
import type { Kind } from './kind.ts';
import type { Paths } from '../host/paths.ts';
import type { Clock } from '../shared/clock.ts';
import type { Ssh } from '../ssh/interface.ts';

/** What all work on rigs needs. */
export interface RigDeps {
  readonly docker: Docker;
  readonly ssh: Ssh;
  readonly clock: Clock;
  readonly paths: Paths;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  /** What rigs can be for; see kind.ts. */
  readonly kinds: readonly Kind[];
  /** What values of the request are called in errors. */
  readonly naming: Naming;
  /** Identifies this operation, for labels: what a failed one removes. */
  readonly run: string;
  /** Version of gocli, for labels. */
  readonly version: string;
  /** Root of the checkout or package that this gocli is of: it holds `cluster-provision/` and `manifests/`. */
  readonly checkout: string;
}

/** The same for work on one rig: what is told carries its name. */
export function onRig<D extends Pick<RigDeps, 'emit'>>(deps: D, rig: string): D {
  const { emit } = deps;
  return {
    ...deps,
    emit: (event) => {
      emit({ ...event, rig: event.rig ?? rig });
    },
  };
}

/** Tells the user what is decided for him. */
export function notice(
  { emit }: Pick<RigDeps, 'emit'>,
  text: string,
  level: 'info' | 'warning' = 'info',
): void {
  emit({ type: 'notice', level, text });
}
