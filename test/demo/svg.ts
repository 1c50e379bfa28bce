/** What a terminal showed, line by line. */
export interface Recording {
  readonly lines: readonly RecordedLine[];
  /** Seconds until it begins again. */
  readonly seconds: number;
}

export interface RecordedLine {
  /** Seconds since the beginning; never less than that of the line before. */
  readonly at: number;
  readonly text: string;
  /** Whether it was typed, behind a prompt. */
  readonly typed?: true;
}

const COLUMNS = 102;
const ROWS = 22;
/** Pixels. A character of the usual monospace fonts is 0.6 of its size wide. */
const FONT = 13;
const CHARACTER = FONT * 0.6;
const LINE = 18;
const MARGIN = 14;

/**
 * A recording as an SVG that plays by itself, with nothing but text and CSS: a page of all lines, of which a cover hides
 * those that are still to come, and which moves up when the screen is full. Who wants no motion sees the end of it.
 */
export function renderSvg({ lines, seconds }: Recording): string {
  const width = Math.round(COLUMNS * CHARACTER) + 2 * MARGIN;
  const height = ROWS * LINE + 2 * MARGIN;
  const shown = lines.map((_, at) => ({ at: lines[at]?.at ?? 0, count: at + 1 }));
  const scrolled = (count: number): number => -Math.max(0, count - ROWS) * LINE;
  const covered = (count: number): number => count * LINE;
  const last = lines.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>make cluster-up, kubectl, a snapshot and make cluster-down, as they ran</title>',
    '<style>',
    `text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d8dee9;white-space:pre}`,
    '.t{fill:#fff;font-weight:bold}.p{fill:#7fb77e}.g{fill:#7fb77e}.d{fill:#8a94a6}',
    `#page{transform:translateY(${scrolled(last)}px);animation:page ${seconds.toFixed(1)}s step-end infinite}`,
    `#cover{transform:translateY(${covered(last)}px);animation:cover ${seconds.toFixed(1)}s step-end infinite}`,
    keyframes('page', shown, seconds, scrolled),
    keyframes('cover', shown, seconds, covered),
    '@media (prefers-reduced-motion:reduce){#page,#cover{animation:none}}',
    '</style>',
    `<rect width="100%" height="100%" rx="8" fill="#1b1f27"/>`,
    `<svg x="${MARGIN}" y="${MARGIN}" width="${width - 2 * MARGIN}" height="${ROWS * LINE}">`,
    // Columns of tables are blanks; not every renderer knows white-space of CSS here.
    '<g id="page" xml:space="preserve">',
    ...lines.map((line, at) => `<text y="${at * LINE + FONT}">${spans(line)}</text>`),
    `<rect id="cover" width="100%" height="${(last + ROWS) * LINE}" fill="#1b1f27"/>`,
    '</g>',
    '</svg>',
    '</svg>',
    '',
  ].join('\n');
}

/** Where the page, or its cover, stands at each moment at which a line appears. */
function keyframes(
  name: string,
  shown: readonly { readonly at: number; readonly count: number }[],
  seconds: number,
  place: (count: number) => number,
): string {
  // Of lines that appear at once the last one counts.
  const places = new Map([['0', place(0)]]);
  for (const { at, count } of shown)
    places.set(((at / seconds) * 100).toFixed(2).replace(/\.?0+$/, ''), place(count));
  const frames = [...places].map(([percent, y]) => `${percent}%{transform:translateY(${y}px)}`);
  return `@keyframes ${name}{${frames.join('')}}`;
}

function spans({ text, typed }: RecordedLine): string {
  const cut = text.length > COLUMNS ? `${text.slice(0, COLUMNS - 1)}…` : text;
  if (typed === true) return `<tspan class="p">$ </tspan><tspan class="t">${escaped(cut)}</tspan>`;
  const [, mark = '', rest = cut] = /^( [✓•…✗])(.*)$/u.exec(cut) ?? [];
  if (mark === '') return escaped(cut);
  return `<tspan class="${mark === ' ✓' ? 'g' : 'd'}">${mark}</tspan>${escaped(rest)}`;
}

/** As text of XML, which has no control characters and no half of a pair, escaped or not. */
function escaped(text: string): string {
  const clean = text.replaceAll(/\p{Cc}|\p{Cs}/gu, '');
  return clean.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
