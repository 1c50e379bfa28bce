import type { ExecutionContext } from 'ava';
import { outputOf, type CliResult } from '../helpers/cli.ts';
import type { Ground } from './ground.ts';

/** Rounds of a command and of what its error says that bring a rig to where the command leads. */
const ROUNDS = 3;

/**
 * Types a command as a user does who knows nothing but what he is told: again, and when that fails what the error names.
 * @param already what an error says when there is nothing to do any more
 */
export async function untilItGoes(
  t: ExecutionContext,
  { gocli }: Ground,
  argv: readonly string[],
  already?: RegExp,
): Promise<void> {
  const told: string[] = [];
  for (let left = ROUNDS; left > 0; left -= 1) {
    const result = await gocli(...argv);
    told.push(`gocli ${argv.join(' ')}: ${outputOf(result)}`);
    t.notRegex(result.stderr, /GOCLI-E900|^\s+at /m);
    if (result.exitCode === 0 || already?.test(result.stderr) === true) return;
    for (const words of namedBy(result)) {
      const next = await gocli(...words);
      told.push(`gocli ${words.join(' ')}: ${outputOf(next)}`);
      t.is(next.exitCode, 0, told.join('\n'));
    }
  }
  t.fail(`it does not go:\n${told.join('\n')}`);
}

/** The commands that an error names, of two ways the first one. */
export function namedBy({ stderr }: Pick<CliResult, 'stderr'>): string[][] {
  const hint = /What to do: (.*)$/m.exec(stderr)?.[1] ?? '';
  const [first = ''] = hint.split(/,? or (?=gocli )/);
  const named = [...first.matchAll(/gocli ([^,()]*[^,().\s])/g)].map(([, words = '']) => words.split(' '));
  // To collect logs brings nothing back.
  return named.filter(([verb]) => verb !== 'logs');
}
