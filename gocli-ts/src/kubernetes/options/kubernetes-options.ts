import { PORT_OPTIONS } from './ports.ts';

/** Options of Kubernetes clusters alone. */
export const KUBERNETES_OPTIONS = PORT_OPTIONS;
