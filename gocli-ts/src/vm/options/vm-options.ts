import { portOptions } from '../../rig/options/ports.ts';
import { PORTS } from '../ports.ts';
import { userData } from './user-data.ts';

/** Options that plain machines have beside those of every rig. */
export const VM_OPTIONS = { userData, ...portOptions(PORTS) };
