import { pure } from './common.js';

export default pure('unit');
