import { withEngine } from './common.js';

export default withEngine('e2e', '40m');
