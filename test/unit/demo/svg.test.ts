import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { renderSvg } from '../../demo/svg.ts';
import { CHECKOUT } from '../../helpers/cli.ts';

/** What is wrong with a text as XML without comments, sections and references to others than its own characters. */
function notWellFormed(text: string): string | undefined {
  const open: string[] = [];
  let roots = 0;
  for (const [part] of text.trim().matchAll(/<[^<>]*>|[^<]+|</g)) {
    const [, closes = '', name = '', single = ''] =
      /^<(\/?)([a-z]\w*)(?:\s+[\w:-]+="[^"<&]*")*\s*(\/?)>$/i.exec(part) ?? [];
    if (name === '') {
      if (part.startsWith('<') || open.length === 0 || /&(?!(?:amp|lt|gt);)|[\0-\x08\x0b-\x1f]/.test(part))
        return part;
    } else if (closes === '') {
      if (open.length === 0 && (roots += 1) > 1) return part;
      if (single === '') open.push(name);
    } else if (open.pop() !== name) return part;
  }
  return open.at(-1);
}

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

test('an SVG is well-formed XML, whatever is in it', (t) => {
  const odd = [']]> --> <!-- &amp; &#0;', '\u001b[1mbold\u0007', '"\'<', '\ud83d\ude00\u00e9', '\ud83d'];
  const lines = odd.flatMap((text) => [
    { at: 0, text },
    { at: 0, text: text.repeat(30), typed: true as const },
  ]);
  t.is(notWellFormed(renderSvg({ lines, seconds: 1 })), undefined);
  for (const broken of ['<a><b></a></b>', '<a>&x;</a>', '<a>', '<a/><b/>', '<a b=c/>', '<a>\u001b</a>'])
    t.not(notWellFormed(broken), undefined, broken);
});

test('the recording of README is there, small, and says nothing of the machine that it was made on', async (t) => {
  const readme = await readFile(join(CHECKOUT, 'README.md'), 'utf8');
  const images = [...readme.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => path);
  t.deepEqual(images, ['docs/demo.svg']);
  const file = join(CHECKOUT, 'docs', 'demo.svg');
  t.true((await stat(file)).size < 100_000);
  const svg = await readFile(file, 'utf8');
  t.is(notWellFormed(svg), undefined);
  t.notRegex(svg, /\/root|\/home|\/tmp|<image|<script|href|url\(/);
  for (const command of ['make cluster-up', 'kubectl.sh get nodes', 'snapshot create', 'make cluster-down'])
    t.true(svg.includes(command), command);
  t.regex(svg, /is Ready after/);
});
