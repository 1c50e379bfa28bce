import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exitCodeOf, renderError } from '../../../gocli-ts/src/cli/render/error-report.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { PROVIDER } from '../../helpers/provider.ts';
import { PERFORM } from './activities.ts';
import { parseCompareOptions, type CompareOptions } from './options.ts';
import { collectPairs, type Pairs } from './pairs.ts';
import { roundsOf, type Round } from './plan.ts';
import { Progress } from './progress.ts';
import {
  compared,
  failures,
  progressLine,
  renderComparison,
  templateSentence,
  type Report,
} from './report.ts';
import { Workbench } from './workbench.ts';

/** Exit codes: a figure is slower; it could not be measured. Interrupts have those of the shell, 130 and 143. */
const SLOWER = 1;
const NOT_MEASURED = 2;

/**
 * Compares this checkout with another one: pairs of the same figure, measured beside each other. The table is on stdout,
 * progress on stderr, everything in a file.
 * @param words the command line
 * @returns the exit code
 */
export async function compareCheckouts(words: readonly string[]): Promise<number> {
  const stop = interruptible();
  using progress = new Progress((line) => {
    console.error(line);
  });
  try {
    const options = parseCompareOptions(words, process.cwd());
    const { figures } = await compare(options, stop, progress);
    const slower = failures(figures, options.limit);
    for (const sentence of slower) console.error(`bench: ${sentence}`);
    return slower.length === 0 ? 0 : SLOWER;
  } catch (error) {
    process.stderr.write(renderError(error, false));
    return stop.aborted ? exitCodeOf(error) : NOT_MEASURED;
  }
}

/** The first signal ends the work in order, the second ends the process. */
function interruptible(): AbortSignal {
  const stop = new AbortController();
  const signals = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const;
  for (const [name, exitCode] of signals) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(exitCode);
      stop.abort(new GocliError('INTERRUPTED', `interrupted by ${name}`, { exitCode }));
    });
  }
  return stop.signal;
}

async function compare(options: CompareOptions, signal: AbortSignal, progress: Progress): Promise<Report> {
  await using bench = await Workbench.open(options, signal, progress);
  const pairs: Pairs = new Map();
  const end = async (complete: boolean): Promise<Report> => {
    const report = await reportOf(options, pairs, complete, bench);
    await write(report, options, progress);
    return report;
  };
  try {
    const rounds = roundsOf(options.figures, options.pairs);
    if (rounds.some(({ activity }) => activity !== 'commands')) await bench.allowClusters();
    for (const round of rounds) await measure(round, pairs, bench, progress);
  } catch (error) {
    // Of a comparison that was interrupted there is what it had by then.
    if (pairs.size > 0) await end(false);
    throw error;
  }
  return await end(true);
}

async function measure(round: Round, pairs: Pairs, bench: Workbench, progress: Progress): Promise<void> {
  if (round.activity === 'life') await bench.makeTemplates();
  const perform = PERFORM[round.activity];
  await collectPairs(
    round,
    pairs,
    (side, wanted) => perform(bench.actor(side), wanted),
    (number, wanted) => {
      progress.now(progressLine(round, number, wanted, pairs));
    },
  );
}

async function reportOf(
  { limit }: CompareOptions,
  pairs: Pairs,
  complete: boolean,
  bench: Workbench,
): Promise<Report> {
  const sides = { this: await bench.facts('this'), other: await bench.facts('other') };
  const figures = compared(pairs, limit);
  return { version: 1, date: new Date().toISOString(), provider: PROVIDER, limit, complete, sides, figures };
}

async function write(report: Report, { json, limit }: CompareOptions, progress: Progress): Promise<void> {
  const { figures, sides } = report;
  await mkdir(dirname(json), { recursive: true });
  await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
  const sentence = templateSentence(sides);
  if (sentence !== undefined) progress.say(sentence);
  if (figures.length > 0) process.stdout.write(renderComparison(figures, limit));
  progress.say(`All values are in ${json}`);
}
