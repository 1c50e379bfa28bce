import { withEngine } from './common.js';

export default withEngine('integration', '15m');
