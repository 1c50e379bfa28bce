import test from 'ava';
import { renderSvg } from '../../demo/svg.ts';

/** Percent and place of each frame of an animation. */
function frames(svg: string, name: string): (readonly [number, number])[] {
  const [, body = ''] = new RegExp(`@keyframes ${name}\\{(.*)\\}$`, 'm').exec(svg) ?? [];
  return [...body.matchAll(/([\d.]+)%\{transform:translateY\((-?\d+)px\)\}/g)].map(
    ([, percent, place]) => [Number(percent), Number(place)] as const,
  );
}

test('lines appear one after the other at their times, and the page moves up once the screen is full', (t) => {
  const lines = Array.from({ length: 30 }, (_, at) => ({ at: at + 1, text: `line ${at}` }));
  const svg = renderSvg({ lines, seconds: 40 });
  t.is(svg.match(/<text /g)?.length, 30);
  const cover = frames(svg, 'cover');
  t.deepEqual(cover.slice(0, 3), [
    [0, 0],
    [2.5, 18],
    [5, 36],
  ]);
  t.is(cover.length, 31);
  const page = frames(svg, 'page').map(([, place]) => place);
  t.is(page[22], 0);
  t.is(page.at(-1), -8 * 18);
});

test('what is typed and what is printed is text, whatever it holds', (t) => {
  const svg = renderSvg({
    lines: [
      { at: 0, text: 'a <b> & "c"', typed: true },
      { at: 0, text: ` ✓ ${'x'.repeat(200)}` },
    ],
    seconds: 1,
  });
  t.true(svg.includes('a &lt;b&gt; &amp; "c"'));
  t.notRegex(svg, /x{100}/);
  t.regex(svg, /x…</);
});
