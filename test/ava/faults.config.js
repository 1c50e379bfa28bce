import { withEngine } from './common.js';

export default withEngine('faults', '40m');
