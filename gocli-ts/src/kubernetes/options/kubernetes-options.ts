import { portOptions } from '../../rig/options/ports.ts';
import { PORTS } from '../ports.ts';
import { addon } from './addon.ts';

/** Options of Kubernetes clusters alone. */
export const KUBERNETES_OPTIONS = { addon, ...portOptions(PORTS) } as const;
