import { withEngine } from './common.js';

export default withEngine('addons', '40m');
