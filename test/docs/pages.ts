import { COMMANDS } from '../../gocli-ts/src/cli/commands.ts';
import { verbOf } from '../../gocli-ts/src/cli/flags.ts';
import { helpText } from '../../gocli-ts/src/cli/parser.ts';
import { ERRORS, EXIT } from '../../gocli-ts/src/errors/codes.ts';
import { DESCRIBED } from '../faults/faults.ts';

const NOTE = '<!-- Written by `make docs`; do not edit. -->';

/** Generated pages by path below the checkout. */
export async function generatedPages(): Promise<Readonly<Record<string, string>>> {
  return {
    'docs/errors.md': errorsPage(),
    'docs/cli.md': await cliPage(),
    'docs/faults.md': faultsPage(),
  };
}

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done; also `rm` of what is not there',
  failed: 'something failed',
  usage: 'the command line, a variable or a configuration file is wrong',
  preflight: 'this machine lacks something',
  notFound: 'the cluster, node, port or provider does not exist',
  conflict: 'something of that name exists and differs, or is in use',
  timeout: 'a condition was not met in time',
  imageMissing: 'an image is not there',
  notReady: 'the cluster is not Ready',
  unreachable: '`ssh` and `scp`: gocli itself could not reach the node',
};

function errorsPage(): string {
  const codes = Object.entries(EXIT).map(
    ([kind, code]) => `| ${code} | ${EXIT_MEANINGS[kind as keyof typeof EXIT]} |`,
  );
  const errors = Object.values(ERRORS).flatMap(({ id, title, help, exit }) => [
    `## ${id}: ${title}`,
    '',
    `${help} Exit code ${exit}.`,
    '',
  ]);
  return [
    '# Errors',
    '',
    NOTE,
    '',
    'An error says what failed, on what, what was seen last and what to do. Its code stays the same between versions.',
    '`ssh`, and whatever else runs a command of yours, hand on the exit code of that command.',
    '',
    '| exit code | meaning |',
    '|---|---|',
    ...codes,
    '| 129, 130, 143 | interrupted by SIGHUP, Ctrl-C or SIGTERM |',
    '| 141 | ended early, since nobody read the output any more |',
    '',
    ...errors,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

async function cliPage(): Promise<string> {
  const sections = await Promise.all(
    COMMANDS.map(async (command) => [
      `## gocli ${verbOf(command)}`,
      '',
      '```',
      (await helpText(COMMANDS, verbOf(command))).trim(),
      '```',
      '',
    ]),
  );
  const overview = ['```', (await helpText(COMMANDS)).trim(), '```', ''];
  return ['# Command line', '', NOTE, '', ...overview, ...sections.flat()].join('\n').trimEnd().concat('\n');
}

function faultsPage(): string {
  const parts = [...new Set(DESCRIBED.map(({ part }) => part))];
  const sections = parts.map((title) => [
    `## ${title}`,
    '',
    '| What is broken | How | What you see | Exit code | What is left |',
    '|---|---|---|---|---|',
    ...DESCRIBED.filter(({ part }) => part === title).map(({ broken, how, sees, exit, left, unseen }) => {
      const words = unseen === true ? `**Not seen yet:** ${sees}` : sees;
      return `| ${[broken, how, words, exit, left].join(' | ')} |`;
    }),
    '',
  ]);
  return [
    '# When something breaks',
    '',
    NOTE,
    '',
    'Each line is a case of `test/faults/`, which breaks this in truth: a real process, a real daemon and a guest with a',
    'disk, or a cluster of a provider. `make faults` runs all of them. After each one on the disk guest all that there is,',
    'of whatever kind, is compared with what was there before: containers, volumes, networks, images, processes, files,',
    'links and locks.',
    '',
    '**Not seen yet** marks a case that did not pass on a quiet machine so far.',
    '',
    ...sections.flat(),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
