import { withEngine } from './common.js';

export default withEngine('lab', '60m');
