import { portOptions } from '../../rig/options/ports.ts';
import { PINNABLE, PORTS } from '../ports.ts';

/** Options of Kubernetes clusters alone. */
export const KUBERNETES_OPTIONS = portOptions(PORTS, PINNABLE);
