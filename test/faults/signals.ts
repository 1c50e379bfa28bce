import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Ended, Mark, Moment } from '../helpers/meddle.ts';
import { changeSince, takeCensus, type Census } from './census.ts';
import type { Extent, Fault } from './fault.ts';
import { proveSame, type Ground } from './ground.ts';
import { untilItGoes } from './repeat.ts';
import { VERBS, type Verb } from './verbs.ts';

const EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGKILL: null } as const;
type Signal = keyof typeof EXIT;
const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGHUP'];

/** Parts of the time of a verb that tells of no step; the first half is the loading of the program. */
const PARTS = [0.5, 0.7, 0.9];
/** Milliseconds between two marks that are worth a signal in the middle. */
const GAP_MS = 40;

/** When a verb is interrupted, by how it went when nobody interrupted it. */
export function momentsOf({ marks, ms: total }: Pick<Ended, 'marks' | 'ms'>, extent: Extent): Moment[] {
  if (marks.length === 0) return PARTS.map((part) => ({ ms: part * total }));
  const gapAfter = (at: number): number => (marks[at + 1]?.ms ?? total) - (marks[at]?.ms ?? 0);
  const middle = (at: number): Moment => ({ mark: at + 1, ms: gapAfter(at) / 2 });
  if (extent === 'short')
    return marks.flatMap((mark, at) => (mark.type === 'step-start' ? [middle(at)] : []));
  const before = { ms: (marks[0]?.ms ?? 0) * 0.9 };
  const atMarks = marks.flatMap((_, at) => [
    { mark: at + 1 },
    ...(gapAfter(at) > GAP_MS ? [middle(at)] : []),
  ]);
  return [before, ...atMarks];
}

const MARK_WORDS = { 'step-start': 'the beginning', 'step-end': 'the end' } as const;

function wordsOf({ mark, ms = 0 }: Moment, marks: readonly Mark[]): string {
  const found = mark === undefined ? undefined : marks[mark - 1];
  const after = found === undefined ? 'the start' : `${MARK_WORDS[found.type]} of "${found.id}"`;
  return `${ms.toFixed(0)} ms after ${after}`;
}

export const SIGNAL_FAULTS: readonly Fault[] = VERBS.map((verb) => ({
  id: `signal-${verb.id}`,
  part: 'Interrupted commands',
  broken: verb.words,
  how: 'INT, TERM, HUP, KILL: one at each event that it tells of and between them',
  sees: 'E700, and what is left when anything is; the same command again goes through, or the one that its error names',
  exit: '130, 143, 129; none after SIGKILL',
  left: verb.left,
  short: true as const,
  run: (t, ground, extent) => interruptEverywhere(t, ground, verb, extent),
}));

async function interruptEverywhere(
  t: ExecutionContext,
  ground: Ground,
  verb: Verb,
  extent: Extent,
): Promise<void> {
  await verb.prepare(t, ground);
  const went = await ground.meddle(verb.argv, {}, () => undefined);
  t.is(went.exitCode, 0, went.stderr);
  await verb.prove(t, ground);
  await verb.undo(t, ground);
  const before = await takeCensus(ground.island);
  // The first one differs from verb to verb, so that each signal meets each kind of step in the short form, too.
  const first = VERBS.indexOf(verb);
  for (const [at, moment] of momentsOf(went, extent).entries()) {
    if (extent === 'short' && verb.likeAnother === true && at % 2 === 0) continue;
    const signal = SIGNALS[(first + at) % SIGNALS.length] ?? 'SIGKILL';
    t.log(`${signal} ${wordsOf(moment, went.marks)}`);
    await interruptOnce(t, ground, verb, { moment, signal });
    await proveSame(t, ground, before);
  }
}

async function interruptOnce(
  t: ExecutionContext,
  ground: Ground,
  verb: Verb,
  { moment, signal }: { readonly moment: Moment; readonly signal: Signal },
): Promise<void> {
  await verb.prepare(t, ground);
  const prepared = await takeCensus(ground.island);
  const result = await ground.meddle(verb.argv, moment, (child) => child.kill(signal));
  expectOrderly(t, signal, result);
  if (signal === 'SIGKILL') await removeHalfWritten(ground);
  if (verb.replaces !== true && hadTime(signal, result)) {
    const { left, gone } = await changeSince(prepared, ground.island);
    const more = verb.keepsTemplate === true ? withoutTemplates(left) : left;
    t.deepEqual({ left: more, gone }, { left: [], gone: [] }, result.stderr);
    if (left.length > 0) await verb.undo(t, ground);
    return;
  }
  await untilItGoes(t, ground, verb.argv, verb.already);
  await verb.prove(t, ground);
  await verb.undo(t, ground);
}

/** Files that SIGKILL left half-written; `gocli gc` does so when they are an hour old. */
async function removeHalfWritten({ island }: Ground): Promise<void> {
  const state = join(island.folder, 'state');
  const names = await readdir(state, { recursive: true });
  const files = names.filter((name) => /\.[0-9a-f]{8}\.tmp$/.test(name));
  for (const name of files) await rm(join(state, name), { force: true });
}

/** All but templates that are published. A volume of one that is not stays among them. */
function withoutTemplates(left: Census): string[] {
  const published = left.flatMap((line) => {
    const name = /^container (gocli-template-[0-9a-f]+) created$/.exec(line)?.[1];
    return name === undefined ? [] : [line, `volume ${name}`];
  });
  return left.filter((line) => !published.includes(line));
}

/** Whether a command was to clean up behind itself, so that nothing is left and nothing needs mending. */
function hadTime(signal: Signal, { exitCode, stderr }: Ended): boolean {
  return signal !== 'SIGKILL' && exitCode !== 0 && !/runs on/.test(stderr);
}

/** The signal's code; none when it came while the program was being loaded, 0 when the work was done by then. */
function expectOrderly(t: ExecutionContext, signal: Signal, { exitCode, stderr, marks }: Ended): void {
  const orderly = exitCode === EXIT[signal] || exitCode === 0 || (exitCode === null && marks.length === 0);
  t.true(orderly, `${signal}: exit code ${String(exitCode)}\n${stderr}`);
  t.notRegex(stderr, /GOCLI-E900|^\s+at /m);
}
