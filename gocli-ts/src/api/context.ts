import type { Host } from '../host/port.ts';
import type { ClusterDeps } from '../rig/deps.ts';

/** Everything an operation works with. */
export interface Context extends ClusterDeps {
  readonly host: Host;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Root of the checkout or package that this gocli is of: it holds `cluster-provision/`. */
  readonly checkout: string;
}
