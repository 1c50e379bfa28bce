import { withEngine } from './common.js';

/** One cluster for all, at once. */
export default { ...withEngine('charts', '40m'), serial: false };
