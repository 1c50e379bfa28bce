import test from 'ava';
import fc from 'fast-check';
import type { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { defineCommand, type Command } from '../../../gocli-ts/src/cli/command.ts';
import { COMMANDS } from '../../../gocli-ts/src/cli/commands.ts';
import { verbOf } from '../../../gocli-ts/src/cli/flags.ts';
import { helpText, parseCommandLine, type Invocation } from '../../../gocli-ts/src/cli/parser.ts';

const done = (): Promise<number> => Promise.resolve(0);
const SAMPLE: readonly Command[] = [
  defineCommand({
    usage: 'make <what> [where]',
    summary: 'Make it',
    positionals: {
      what: { type: 'string', demandOption: true, choices: ['tea', 'coffee'] },
      where: { type: 'string' },
    },
    options: {
      sugar: { alias: 's', type: 'number', requiresArg: true },
      hot: { type: 'boolean', conflicts: 'cold' },
      cold: { type: 'boolean' },
      'keep-warm': { type: 'boolean', default: false },
      name: { type: 'string', requiresArg: true },
      with: { type: 'string', array: true, requiresArg: true },
    },
    run: done,
  }),
  defineCommand({ usage: 'tell <whom>', summary: 'Hand words on', passThroughAfter: 1, run: done }),
];

async function parse(...argv: string[]): Promise<Invocation> {
  const result = await parseCommandLine(argv, SAMPLE);
  if ('text' in result) throw new Error(`help instead of a command: ${result.text}`);
  return result.invocation;
}

test('verb, positionals and flags end up in the arguments, under the names they are declared by', async (t) => {
  const { command, args, rest } = await parse('make', 'tea', '--sugar', '2', 'kitchen', '--keep-warm');
  t.is(verbOf(command), 'make');
  t.like(args, { what: 'tea', where: 'kitchen', sugar: 2, 'keep-warm': true });
  t.deepEqual(rest, []);
});

test('flags may stand before the verb, with their values', async (t) => {
  t.like((await parse('-o', 'json', '--progress', 'none', 'make', 'tea')).args, {
    output: 'json',
    progress: 'none',
    what: 'tea',
  });
});

test("the verb's own flags may stand before it, too, whatever their values are", async (t) => {
  const all = async (...argv: string[]): Promise<unknown> => {
    const result = await parseCommandLine(argv, COMMANDS);
    if ('text' in result) return result.text;
    const { command, args, rest } = result.invocation;
    return [verbOf(command), args['name'], ...rest];
  };
  for (const flag of ['--prefix', '--name', '-p'])
    t.deepEqual(
      await all(flag, 'k8s-1.36', 'ssh', 'node01', '--', 'true'),
      ['ssh', 'k8s-1.36', 'true'],
      flag,
    );
  t.deepEqual(await all('--prefix=k8s-1.36', 'ssh', 'node01', 'ls', '-p'), ['ssh', 'k8s-1.36', 'ls', '-p']);
  t.deepEqual(await all('--name', 'rm', 'ssh', 'node01'), ['ssh', 'rm']);
  t.deepEqual(await all('--name', 'ssh', 'ssh', 'ssh', 'ssh', '-x'), ['ssh', 'ssh', 'ssh', '-x']);
  t.deepEqual(await all('-qp', 'two', 'status'), ['status', 'two']);
  t.deepEqual(await all('--fresh', '--no-template', '-n2', 'run'), ['run', undefined]);
  t.regex(String(await all('--help', 'kubectl')), /own kubectl/);
  t.deepEqual(await all('--name', 'two', 'kubectl', 'get', '-h'), ['kubectl', 'two', 'get', '-h']);
  t.deepEqual(await all('kubectl', '-n', 'x', '-v=6', '--name', 'two', '-v', '7', 'get', '--name', 'y'), [
    'kubectl',
    'two',
    ...['-n', 'x', '-v=6', '-v', '7', 'get', '--name', 'y'],
  ]);
  t.deepEqual(await all('kubectl', '--as=me', '-p', 'two', '--', '-x'), ['kubectl', 'two', '--as=me', '-x']);
  t.deepEqual(await all('-o', 'json', '-p', 'two', 'kubectl', 'get', 'pods'), [
    'kubectl',
    'two',
    ...['-o', 'json', 'get', 'pods'],
  ]);
  t.deepEqual(await all('--name', 'two', '-n', 'kube-system', 'kubectl', 'get', 'pods'), [
    'kubectl',
    'two',
    '-n',
    'kube-system',
    'get',
    'pods',
  ]);
  await t.throwsAsync(all('--name', 'two', 'sssh', 'node01'), {
    message: /^"sssh" is not .*Did you mean "ssh"/,
  });
  await t.throwsAsync(all('--name', 'two'), { message: 'a command is missing' });
  await t.throwsAsync(all('--memory', '4G', 'ssh', 'node01'), { message: /unknown flag --memory/ });
});

test('flags parse the same before and behind the verb', async (t) => {
  const value = fc.constantFrom('two', 'ssh', 'run', 'kubectl', '7', 'a=b', '');
  const flag = fc.oneof(
    fc.constantFrom(['-q'], ['--verbose'], ['--no-quiet'], ['-vq'], ['--fresh'], ['-o', 'json'], ['-n', '2']),
    fc
      .tuple(fc.constantFrom('--name', '-p', '--prefix', '--memory', '-m', '--snapshot'), value)
      .map(([form, word]) =>
        form.startsWith('--') && word !== '' ? [`${form}=${word}`] : [form, word || 'x'],
      ),
    fc.tuple(
      fc.constantFrom('--name', '-m', '-qvp'),
      value.filter((word) => word !== ''),
    ),
  );
  const run = async (argv: readonly string[]): Promise<unknown> => {
    const result = await parseCommandLine(argv, COMMANDS);
    if ('text' in result) throw new Error(result.text);
    return { ...result.invocation, command: verbOf(result.invocation.command) };
  };
  await fc.assert(
    fc.asyncProperty(fc.array(flag, { maxLength: 4 }), fc.nat(4), async (flags, before) => {
      const moved = [...flags.slice(0, before).flat(), 'run', ...flags.slice(before).flat(), 'k8s-1.36'];
      t.deepEqual(await run(moved), await run(['run', ...flags.flat(), 'k8s-1.36']), moved.join(' '));
    }),
    { numRuns: 60 },
  );
});

test('the last of a repeated flag counts; a list takes all, one word each', async (t) => {
  const { args } = await parse('make', '--name', 'a', '--name', 'b', '--with', 'x', '--with', 'y', 'tea');
  t.like(args, { name: 'b', with: ['x', 'y'], what: 'tea' });
});

test('a value may be attached to its letter, as kubectl takes -ojson', async (t) => {
  t.like((await parse('make', 'tea', '-ojson')).args, { output: 'json', what: 'tea' });
  t.like((await parse('-oyaml', 'make', 'tea', '-s3')).args, { output: 'yaml', sugar: 3 });
  t.like((await parse('make', 'tea', '-qvoname', 'kitchen')).args, {
    quiet: true,
    verbose: true,
    output: 'name',
    where: 'kitchen',
  });
  t.like((await parse('make', 'tea', '--', '-ojson')).args, { where: '-ojson', output: undefined });
  t.deepEqual((await parse('tell', 'me', '-ojson', 'get', '-oyaml')).rest, ['get', '-oyaml']);
  await t.throwsAsync(parse('make', 'tea', '-oxml'), { code: 'BAD_VALUE', message: /"xml"/ });
});

test('a wrong word is an error with what was probably meant', async (t) => {
  const cases = [
    [['mkae', 'tea'], '"mkae" is not a command. Did you mean "make"?'],
    [['-o', 'json', 'mkae'], '"mkae" is not a command. Did you mean "make"?'],
    [['make', 'tea', '--suggar', '1'], 'unknown flag --suggar. Did you mean "--sugar"?'],
    [['make', 'tea', '--keep-wram'], 'unknown flag --keep-wram. Did you mean "--keep-warm"?'],
    [['make', 'tea', '--suggar=1'], 'unknown flag --suggar. Did you mean "--sugar"?'],
    [['make', 'tea', '--porgress', 'none'], 'unknown flag --porgress. Did you mean "--progress"?'],
    [['make', 'tea', '-x'], 'unknown flag -x.'],
    [['tell', 'anna', '--nmae', 'x'], 'unknown flag --nmae.'],
    [['make', 'tea', '--no-name'], 'unknown flag --no-name: --name takes a value'],
    [[''], '"" is not a command.'],
    [['x'], '"x" is not a command.'],
    [['make', 'tea', 'here', 'there'], 'unexpected word "there"'],
    [['make', 'tea', 'here', ''], 'unexpected word ""'],
    [['make', 'tea', '--hot', '--cold'], '--hot and --cold exclude each other'],
    [['make'], 'gocli make: something is missing'],
    [['make', 'tea', '--name'], '--name needs a value'],
    [[], 'a command is missing'],
    [['--keep-warm'], 'a command is missing'],
  ] as const;
  for (const [argv, message] of cases) {
    const error = await t.throwsAsync(parse(...argv), { code: 'USAGE', message }, argv.join(' '));
    t.regex((error as unknown as { hint: string }).hint, /gocli ((make|tell) )?--help|Leave it out/);
  }
});

test('a wrong value is an error with flag and value, and what is accepted', async (t) => {
  const choice = await t.throwsAsync(parse('make', 'tea', '-o', 'xml'), {
    code: 'BAD_VALUE',
    message: '--output: "xml" is not accepted',
  });
  t.like(choice, { hint: 'Accepted: "table", "json", "yaml", "name"' });
  await t.throwsAsync(parse('make', 'milk'), { code: 'BAD_VALUE', message: 'what: "milk" is not accepted' });
  await t.throwsAsync(parse('make', 'tea', '--sugar', 'much'), {
    code: 'BAD_VALUE',
    message: '--sugar: not a number',
  });
});

test('words after -- are positionals, whatever they look like', async (t) => {
  t.like((await parse('make', '--sugar', '1', '--', 'tea', '-x')).args, {
    what: 'tea',
    where: '-x',
    sugar: 1,
  });
  t.like((await parse('make', 'tea', '--', '--hot=maybe')).args, { where: '--hot=maybe', hot: undefined });
  const scp = await parseCommandLine(['scp', '--name', 'two', '--', '-a', '-'], COMMANDS);
  t.like('invocation' in scp ? scp.invocation.args : {}, { paths: ['-a', '-'], name: 'two' });
  await t.throwsAsync(parse('make', 'tea', '--', 'here', '-x'), {
    code: 'USAGE',
    message: 'unexpected word "-x"',
  });
});

test('a switch takes true and false, and nothing else', async (t) => {
  t.like((await parse('make', 'tea', '--keep-warm=true')).args, { 'keep-warm': true });
  t.like((await parse('make', 'tea', '--keep-warm=false', '-q=true')).args, {
    'keep-warm': false,
    quiet: true,
  });
  for (const [word, message] of [
    ['--keep-warm=maybe', '--keep-warm: "maybe" is neither true nor false'],
    ['--keep-warm=', '--keep-warm: "" is neither true nor false'],
    ['--quiet=yes', '--quiet: "yes" is neither true nor false'],
    ['-vq=1', '-q: "1" is neither true nor false'],
  ] as const)
    await t.throwsAsync(parse('make', 'tea', word), { code: 'BAD_VALUE', message });
  const both = await t.throwsAsync<GocliError>(parse('make', 'tea', '--keep-warm=maybe', '--quiet=yes'), {
    code: 'BAD_VALUE',
    message: '2 values are not accepted',
  });
  t.regex(both.observed ?? '', /^--keep-warm: .*\n--quiet: /);
  t.deepEqual((await parse('tell', 'anna', 'x', '--quiet=maybe')).rest, ['x', '--quiet=maybe']);
});

test.serial('messages do not depend on the language of the user', async (t) => {
  const before = process.env['LC_ALL'];
  process.env['LC_ALL'] = 'de_DE.UTF-8';
  t.teardown(() => {
    if (before === undefined) delete process.env['LC_ALL'];
    else process.env['LC_ALL'] = before;
  });
  await t.throwsAsync(parse('make', 'tea', '--suggar', '1'), { message: /unknown flag --suggar/ });
});

test('words of another program are handed on as they are', async (t) => {
  const cases = [
    [
      ['tell', 'anna', 'ls', '-la', '--name', 'x'],
      ['ls', '-la', '--name', 'x'],
    ],
    [
      ['tell', 'anna', '--', 'ls', '-la'],
      ['ls', '-la'],
    ],
    [
      ['tell', 'anna', 'sh', '-c', 'a b', '--', 'c'],
      ['sh', '-c', 'a b', '--', 'c'],
    ],
    [
      ['tell', 'anna', '-q', '--progress', 'none', 'ls', '-q'],
      ['ls', '-q'],
    ],
    [['tell', 'anna', '-v', '--', '-q'], ['-q']],
    [['tell', 'anna'], []],
    [
      ['-q', '-o', 'json', 'tell', '-v', 'anna', 'ls', '-q'],
      ['ls', '-q'],
    ],
    [
      ['tell', 'anna', '007', '1e3', '1.10', '0x10', 'true'],
      ['007', '1e3', '1.10', '0x10', 'true'],
    ],
  ] as const;
  for (const [argv, words] of cases) {
    const { args, rest } = await parse(...argv);
    t.deepEqual(rest, [...words], argv.join(' '));
    t.is(args['whom'], 'anna');
  }
});

test('kubectl gets everything after the verb, and gocli only --name before it', async (t) => {
  const rest = async (...argv: string[]): Promise<unknown> => {
    const result = await parseCommandLine(['kubectl', ...argv], COMMANDS);
    return 'text' in result ? result.text : [result.invocation.args['name'], ...result.invocation.rest];
  };
  t.deepEqual(await rest('get', 'pods', '-A', '-o', 'json'), [undefined, 'get', 'pods', '-A', '-o', 'json']);
  t.deepEqual(await rest('--name', 'two', 'get', '--name', 'x'), ['two', 'get', '--name', 'x']);
  t.deepEqual(await rest('--name=two', '-n', 'kube-system', 'get'), ['two', '-n', 'kube-system', 'get']);
  t.deepEqual(await rest('exec', '-it', 'p', '--', 'sh', '-c', 'ls'), [
    undefined,
    'exec',
    '-it',
    'p',
    '--',
    'sh',
    '-c',
    'ls',
  ]);
  t.deepEqual(await rest('--', '--help'), [undefined, '--help']);
  t.deepEqual(await rest('get', '--help'), [undefined, 'get', '--help']);
});

test('help is text: of everything, and of each verb', async (t) => {
  const all = await helpText(COMMANDS);
  for (const command of COMMANDS) {
    const own = await helpText(COMMANDS, verbOf(command));
    t.regex(all, new RegExp(`^  gocli ${verbOf(command)}(?: |$)`, 'm'));
    t.true(own.includes(command.summary), verbOf(command));
  }
  const run = await helpText(COMMANDS, 'run');
  for (const form of [
    ['run', '-h'],
    ['run', '-qh'],
    ['run', 'help'],
    ['run', '--help=true'],
  ])
    t.deepEqual(await parseCommandLine(form, COMMANDS), { text: run }, form.join(' '));
});

test('examples of every verb can be parsed', async (t) => {
  for (const command of COMMANDS) {
    for (const [example] of command.examples) {
      const words = /\bgocli ([^)>|&]*)/.exec(example)?.[1]?.trim().split(' ') ?? [];
      const result = await parseCommandLine(words, COMMANDS);
      t.true('invocation' in result && verbOf(result.invocation.command) === verbOf(command), example);
    }
  }
});

test('--version is the verb version', async (t) => {
  const result = await parseCommandLine(['--version'], COMMANDS);
  t.true('invocation' in result && verbOf(result.invocation.command) === 'version');
});

test('all that is wrong with a line is said together, an unknown flag too', async (t) => {
  const wrong = async (...argv: string[]): Promise<string[]> => {
    const error = await t.throwsAsync<GocliError>(parseCommandLine(argv, [...SAMPLE, ...COMMANDS]));
    return (error.observed ?? error.message).split('\n').map((line) => line.replace(/ \(.*/, ''));
  };
  t.deepEqual(await wrong('make', 'milk', '--suggar', '1', '-s', 'much', '-o', 'xml', '--keep-warm=maybe'), [
    'unknown flag --suggar. Did you mean "--sugar"?',
    '--output: "xml" is not accepted',
    'what: "milk" is not accepted',
    '--sugar: not a number',
    '--keep-warm: "maybe" is neither true nor false',
  ]);
  t.deepEqual(await wrong('make', '--keep-wram', '--zzzzzz'), [
    'unknown flag --keep-wram. Did you mean "--keep-warm"?',
    'unknown flag --zzzzzz.',
    'gocli make: something is missing',
  ]);
  t.deepEqual(await wrong('publish', 'vm-1'), ['missing: --registry']);
  t.deepEqual(await wrong('pool', 'set', 'vm-1', 'cpu', '--size', '--cpu', 'many', '-zm', '--wait', 'a, b'), [
    'unexpected word "cpu"',
    '--size needs a value',
    'unknown flag -z.',
    '-m needs a value',
    'unexpected word "a, b"',
    '--cpu: many is not a whole number',
  ]);
  t.deepEqual(await wrong('make', 'tea', 'name', '--nane', '--no-keep-warm=3', '--no-name', '-s'), [
    'unknown flag --nane. Did you mean "--name"?',
    '-s needs a value',
    '--no-keep-warm takes no value',
    'unknown flag --no-name: --name takes a value',
  ]);
  // A flag that has the name of a word of the line is a flag all the same.
  t.deepEqual(await wrong('make', 'tea', 'zzzzzz', '--zzzzzz'), ['unknown flag --zzzzzz.']);
  t.deepEqual(await wrong('make', 'tea', 'here', '--', '-x'), ['unexpected word "-x"']);
  t.deepEqual(await wrong('make', '-z', 'tea', '-s', 'much'), ['unknown flag -z.']);
  // Whether the word behind it is its value nobody can say.
  t.deepEqual(await wrong('make', '--zzzzzz', 'tea', '-s', 'much'), ['unknown flag --zzzzzz.']);
  t.deepEqual(await wrong('pool', 'set', 'vm-1', '--memroy', '4G', '--cpu', 'many'), [
    'unknown flag --memroy. Did you mean "--memory"?',
    '--cpu: many is not a whole number',
  ]);
});
