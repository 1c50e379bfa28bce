import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GocliError, messageOf } from '../../../gocli-ts/src/errors/error.ts';
import { didYouMean } from '../../../gocli-ts/src/shared/text.ts';
import { FIGURES, type Figure, type SideName } from './plan.ts';
import { FEWEST_PAIRS } from './statistics.ts';

/** What is compared, and how. */
export interface CompareOptions {
  /** The other checkout, an absolute path. */
  readonly against: string;
  /** Tag of the provider's image on each side. */
  readonly tags: Readonly<Record<SideName, string>>;
  readonly figures: readonly Figure[];
  /** A figure fails when even the lower end of its interval is above this ratio. */
  readonly limit: number;
  /** Pairs of every figure, instead of as many as the interval takes. */
  readonly pairs: number | undefined;
  /** The file that gets everything that was measured, an absolute path. */
  readonly json: string;
}

const FLAGS = {
  against: { type: 'string' },
  'image-tag': { type: 'string', default: 'latest' },
  'against-image-tag': { type: 'string', default: 'latest' },
  // Cold starts take half an hour; they are asked for by name.
  figures: { type: 'string', default: FIGURES.filter((figure) => figure !== 'cold').join() },
  limit: { type: 'string', default: '1.03' },
  pairs: { type: 'string' },
  json: { type: 'string', default: 'test/bench/results/compare.json' },
} as const;

const HINT = 'make bench ARGS="--against=CHECKOUT --figures=thaw,ls --limit=1.03" (CONTRIBUTING.md)';

/** Whether a word of the command line is a flag of the comparison, without which the benchmark is the other one. */
export function isComparison(words: readonly string[]): boolean {
  const flags = Object.keys(FLAGS).map((name) => `--${name}`);
  return words.some((word) => flags.includes(word.split('=')[0] ?? ''));
}

/**
 * Reads the command line of the comparison. Pure.
 * @param cwd what relative paths are relative to
 * @throws GocliError USAGE, BAD_VALUE
 */
export function parseCompareOptions(words: readonly string[], cwd: string): CompareOptions {
  const values = parseFlags(words);
  if (values.against === undefined || values.against === '')
    throw new GocliError('USAGE', 'the checkout to compare with is missing', { hint: HINT });
  return {
    against: resolve(cwd, values.against),
    tags: {
      this: tagOf('--image-tag', values['image-tag']),
      other: tagOf('--against-image-tag', values['against-image-tag']),
    },
    figures: figuresOf(values.figures),
    limit: limitOf(values.limit),
    pairs: values.pairs === undefined ? undefined : pairsOf(values.pairs),
    json: resolve(cwd, values.json),
  };
}

function parseFlags(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: FLAGS, allowPositionals: false }).values;
  } catch (error) {
    throw new GocliError('USAGE', messageOf(error), { hint: HINT, cause: error });
  }
}

/** Grammar of image references: github.com/distribution/reference. */
function tagOf(flag: string, text: string): string {
  if (/^\w[\w.-]{0,127}$/.test(text)) return text;
  throw bad(flag, text, 'an image tag: letters, digits, "_", "." and "-"');
}

function figuresOf(text: string): Figure[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !FIGURES.some((figure) => figure === name));
  if (unknown !== undefined || names.length === 0) {
    const meant = didYouMean(unknown ?? '', FIGURES);
    throw bad('--figures', unknown ?? text, `${FIGURES.join(',')}, or some of them`, meant);
  }
  return FIGURES.filter((figure) => names.includes(figure));
}

function limitOf(text: string): number {
  const limit = /^\d{1,3}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (limit > 0) return limit;
  throw bad('--limit', text, 'a ratio such as 1.03: this checkout may take 3 % longer');
}

function pairsOf(text: string): number {
  const pairs = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (pairs >= FEWEST_PAIRS) return pairs;
  throw bad(
    '--pairs',
    text,
    `a whole number from ${FEWEST_PAIRS.toFixed(0)} on: fewer give no 95 % interval`,
  );
}

function bad(flag: string, text: string, accepted: string, meant = ''): GocliError {
  return new GocliError('BAD_VALUE', `${flag}: "${text}" is not accepted.${meant}`, {
    hint: `Accepted: ${accepted}.`,
  });
}
