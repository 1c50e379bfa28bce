import type { DockerInfo, ImageInfo } from '../../place/interface.ts';
import type { Context } from '../context.ts';

type CheckState = 'ok' | 'warning' | 'failed';

/** What one look at the host gave. */
export interface Finding {
  readonly state: CheckState;
  /** What was seen, in a few words. */
  readonly observed: string;
  /** What to do about it; absent when nothing is to be done. */
  readonly advice?: string;
}

/** What all checks share: looked up once. */
export interface CheckContext {
  readonly context: Context;
  /** What the daemon says of itself, or why it cannot be asked. */
  readonly docker: DockerInfo | Error;
  /** Images with a guest that an accelerator can be tried with. */
  readonly bootable: readonly ImageInfo[];
  /** Provider images of this host, a part of those. While there is none, clusters need provisioning first. */
  readonly providers: readonly ImageInfo[];
}

/** One thing that gocli needs of a host. */
export interface Check {
  /** Stable name, for scripts. */
  readonly id: string;
  readonly title: string;
  run(context: CheckContext): Promise<Finding>;
}

export function ok(observed: string): Finding {
  return { state: 'ok', observed };
}

export function warning(observed: string, advice: string): Finding {
  return { state: 'warning', observed, advice };
}

export function failed(observed: string, advice: string): Finding {
  return { state: 'failed', observed, advice };
}
