import test from 'ava';
import fc from 'fast-check';
import { evictions, type Keepable } from '../../../gocli-ts/src/frozen/eviction.ts';
import { DAY, MADE } from './frozen.ts';

function keepable(id: string, changed: Partial<Keepable> = {}): Keepable {
  return { id, bytes: 10, lastUse: MADE, inUse: false, hasImage: true, ...changed };
}

const ids = (templates: readonly Keepable[], budget: number, now = MADE): string[] =>
  evictions(templates, budget, now).map(({ id }) => id);

test('what is used, recent and within the budget stays', (t) => {
  t.deepEqual(ids([keepable('a'), keepable('b')], 20, MADE + 30 * DAY), []);
});

test('unused for more than 30 days, or without an image, goes, with the reason', (t) => {
  const old = evictions([keepable('a')], 100, MADE + 31 * DAY);
  t.deepEqual(old, [{ id: 'a', why: 'not used for 30 days' }]);
  t.deepEqual(evictions([keepable('a', { hasImage: false })], 100, MADE), [
    { id: 'a', why: 'its image is gone' },
  ]);
});

test('what is in use stays, whatever its age', (t) => {
  t.deepEqual(ids([keepable('a', { inUse: true, hasImage: false })], 0, MADE + 99 * DAY), []);
});

test('over the budget the least recently used goes first', (t) => {
  const templates = [
    keepable('new', { lastUse: MADE + 2 }),
    keepable('old'),
    keepable('mid', { lastUse: MADE + 1 }),
  ];
  t.deepEqual(ids(templates, 25), ['old']);
  t.deepEqual(ids(templates, 15), ['old', 'mid']);
});

test('what stays fits into the budget, or is in use', (t) => {
  const any = fc.record({
    bytes: fc.nat(100),
    lastUse: fc.nat(1000),
    inUse: fc.boolean(),
    hasImage: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(any), fc.nat(500), (list, budget) => {
      const templates = list.map((one, at) => ({ ...one, id: String(at) }));
      const gone = ids(templates, budget, 1000);
      const kept = templates.filter(({ id }) => !gone.includes(id));
      const total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
      return total <= budget || kept.every(({ inUse }) => inUse);
    }),
  );
  t.pass();
});
