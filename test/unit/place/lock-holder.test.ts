import test from 'ava';
import { holderWords } from '../../../gocli-ts/src/place/lock-holder.ts';

test('who has a lock is another process, or another call of the library by this one', (t) => {
  t.is(holderWords({ pid: process.pid + 1 }), `process ${(process.pid + 1).toFixed(0)}`);
  t.is(holderWords({ pid: process.pid }), 'another operation of this program');
  t.is(holderWords({}), 'another process');
});
