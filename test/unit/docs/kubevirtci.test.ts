import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readRunOptions } from '../../../gocli-ts/src/api/options.ts';
import { COMMANDS } from '../../../gocli-ts/src/cli/commands.ts';
import { readEnvironment } from '../../../gocli-ts/src/cli/environment.ts';
import { flagsOf, verbOf } from '../../../gocli-ts/src/cli/flags.ts';
import { UNHONOURED_VARIABLES } from '../../../gocli-ts/src/cli/kubevirtci-variables.ts';
import { withLateOptions } from '../../../gocli-ts/src/cli/late-options.ts';
import { KUBEVIRTCI_FLAGS, KUBEVIRTCI_VARIABLES } from '../../docs/kubevirtci-names.ts';

const page = readFileSync('docs/kubevirtci.md', 'utf8');
const STATES = /^(works|comes with [a-z ]+|refused|not applicable)$/;

interface Row {
  readonly name: string;
  readonly state: string;
  readonly how: string;
}

/** Rows of the tables below a heading, up to the next one of its level. */
function rowsBelow(heading: string): Row[] {
  const level = heading.replace(/ .*/, '');
  const [, text = ''] = page.split(`\n${heading}\n`);
  const [own = ''] = text.split(new RegExp(`\\n${level} `));
  return [...own.matchAll(/^\| `([^`]+)` \| ([^|]*) \|(.*)\|$/gm)].map(
    ([, name = '', state = '', how = '']) => ({
      name,
      state: state.trim(),
      how: how.trim(),
    }),
  );
}

const variables = rowsBelow('## Every variable');
const flags = Object.entries(KUBEVIRTCI_FLAGS).flatMap(([command]) =>
  rowsBelow(command === 'every command' ? '### Of every command' : `### \`${command}\``).map((row) => ({
    ...row,
    command,
  })),
);

test('every variable and every flag of kubevirtci has one row, and nothing else has', (t) => {
  t.deepEqual(variables.map(({ name }) => name).sort(), [...KUBEVIRTCI_VARIABLES].sort());
  for (const [command, names] of Object.entries(KUBEVIRTCI_FLAGS)) {
    const rows = flags.filter((row) => row.command === command);
    t.deepEqual(rows.map(({ name }) => name).sort(), [...names].sort(), command);
  }
});

test('each says whether it works, and why not when it never will', (t) => {
  for (const { name, state, how } of [...variables, ...flags]) {
    t.regex(state, STATES, name);
    if (state === 'refused' || state === 'not applicable') t.not(how, '', name);
  }
});

test('a flag is accepted when the page says that it works, and else refused', async (t) => {
  for (const { command, name, state } of flags) {
    const verb = command === 'every command' ? 'run' : command;
    const commands = await withLateOptions([verb], COMMANDS);
    const known = flagsOf(commands.find((one) => verbOf(one) === verb)).map(({ form }) => form);
    t.is(known.includes(name), state === 'works', `${command} ${name}: ${state}`);
  }
});

/** Names that gocli asks its environment for when it reads kubevirtci's variables. */
function namesRead(): Set<string> {
  const read = new Set<string>();
  const env = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_, name) => {
        read.add(String(name));
        return undefined;
      },
    },
  );
  readEnvironment(env);
  readRunOptions({}, env, true);
  return read;
}

/** The text of files that read variables for themselves. */
function textOf(folder: string, pattern: RegExp): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    pattern.test(name),
  );
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

test('a variable that works is read, one that does not is warned of or left alone', (t) => {
  const honoured = namesRead();
  const scripts = textOf('cluster-up', /\.sh$/);
  const sources = textOf('gocli-ts/src', /^(place|kubernetes)\/.*\.ts$/);
  for (const { name, state } of variables) {
    const { warnings } = readEnvironment({ [name]: '7' });
    const unhonoured = name in UNHONOURED_VARIABLES;
    t.is(warnings.length, unhonoured ? 1 : 0, name);
    const read = new RegExp(String.raw`\$\{?${name}\b|\b${name}="|'${name}'|\{ ${name}: `);
    if (state === 'works')
      t.true(
        (honoured.has(name) && !unhonoured) || read.test(scripts) || read.test(sources),
        `${name} is read by nobody`,
      );
    else t.false(honoured.has(name) && !unhonoured, `${name}: ${state}, and yet it is read`);
    if (/^(comes|refused)/.test(state)) t.true(unhonoured, `${name}: ${state}, and it is not warned of`);
  }
});

test('whatever gocli warns of, and whatever of kubevirtci it honours, is on the page', (t) => {
  const names = variables.map(({ name }) => name);
  for (const name of Object.keys(UNHONOURED_VARIABLES)) t.true(names.includes(name), name);
  for (const name of namesRead()) if (/^KUBEVIRT/.test(name)) t.true(names.includes(name), name);
});
