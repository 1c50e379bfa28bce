/** gocli as users have it, with the kind of the tiny guest beside its own. */
import { KINDS } from '../../gocli-ts/src/kinds.ts';
import { tinyKind } from '../kinds/tiny.ts';

KINDS.push(() => Promise.resolve(tinyKind));
await import('../../gocli-ts/src/main.ts');
