import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { renderSvg } from '../../demo/svg.ts';
import { CHECKOUT } from '../../helpers/cli.ts';

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

test('the recording of README is small, text alone, and says nothing of the machine that it was made on', async (t) => {
  const file = join(CHECKOUT, 'docs', 'demo.svg');
  t.true((await stat(file)).size < 150_000);
  const svg = await readFile(file, 'utf8');
  t.notRegex(svg, /\/root|\/home|\/tmp|<image|<script|href/);
  for (const command of ['make cluster-up', 'kubectl.sh get nodes', 'snapshot create', 'make cluster-down'])
    t.true(svg.includes(command), command);
  t.regex(await readFile(join(CHECKOUT, 'README.md'), 'utf8'), /docs\/demo\.svg/);
});
