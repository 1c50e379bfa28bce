import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { splitWords } from '../../../gocli-ts/src/shared/quote.ts';
import { COMMANDS } from '../../../gocli-ts/src/cli/commands.ts';
import { verbOf } from '../../../gocli-ts/src/cli/flags.ts';
import { parseCommandLine } from '../../../gocli-ts/src/cli/parser.ts';
import { makeConsole } from '../../helpers/console.ts';
import { FILES, writeBelow } from '../provision/_providers.ts';

interface Example {
  readonly verb: string;
  readonly text: string;
  /** Words behind `gocli`, without what is the shell's. */
  readonly words: readonly string[];
}

const EXAMPLES: readonly Example[] = COMMANDS.flatMap((command) =>
  command.examples.map(([text]) => {
    // Variables before it, `source <(…)` around it, and what becomes of its output.
    const [, call = ''] = /(?:^|[ (])gocli ([^>|)]*)/.exec(text) ?? [];
    return { verb: verbOf(command), text, words: splitWords(call) };
  }),
);

test('each example of --help is a call of its verb that can be read', async (t) => {
  for (const { verb, text, words } of EXAMPLES) {
    t.is(words[0], verb, text);
    const parsed = await parseCommandLine(words, COMMANDS);
    if ('text' in parsed) t.fail(text);
    else t.is(verbOf(parsed.invocation.command), verb, text);
  }
});

/** What needs no daemon and no network, and does in an empty home what it says. */
const RUNS: readonly string[] = [
  'completion bash',
  'completion fish',
  'gc',
  'provider ls',
  'provider lint',
  'provider new',
  'provider rm',
  'vendor .',
];

for (const begin of RUNS) {
  test(`the example of ${begin} does what it says`, async (t) => {
    const examples = EXAMPLES.filter(({ words }) => words.join(' ').startsWith(begin));
    t.true(examples.length > 0, 'there is such an example');
    for (const { text, words } of examples) {
      const console = await makeConsole(t);
      const { checkout } = console.context;
      console.host.missing.add('go');
      await mkdir(checkout, { recursive: true });
      await cp('cluster-up', join(checkout, 'cluster-up'), { recursive: true });
      await writeBelow(checkout, 'repository/README', '');
      for (const [path, content] of Object.entries(FILES)) await writeBelow(checkout, path, content);
      // One stands in a repository of one's own, not in gocli's.
      const { code, stderr } = await console.run(
        ...words.map((word) => (word === '.' ? 'repository' : word)),
      );
      t.is(code, 0, `${text}\n${stderr}`);
    }
  });
}
