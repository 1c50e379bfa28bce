import test from 'ava';
import { renderWaterfall } from '../../../../gocli-ts/src/cli/render/waterfall.ts';

test('steps stand in the order in which they began, as bars on one time line', (t) => {
  const step = { outcome: 'done' as const };
  const lines = renderWaterfall([
    { ...step, id: 'b', title: 'Second', startSeconds: 1, seconds: 1 },
    { ...step, id: 'a', title: 'First', startSeconds: 0, seconds: 1 },
    { ...step, id: 'c', title: 'a part', startSeconds: 1.5, seconds: 0.5, detail: true },
  ]).split('\n');
  t.deepEqual(
    lines.slice(1, 4).map((line) => line.trimStart().split(/\s{2,}/)[0]),
    ['First', 'Second', 'a part'],
  );
  t.is(lines[1]?.match(/█/g)?.length, 20);
  t.is(lines[3]?.match(/▒/g)?.length, 10);
  t.true((lines[2]?.indexOf('█') ?? 0) > (lines[1]?.indexOf('█') ?? 0));
});
