import test from 'ava';
import { COMMANDS } from '../../../../gocli-ts/src/cli/commands.ts';
import type { HostNames } from '../../../../gocli-ts/src/api/names.ts';
import { candidates } from '../../../../gocli-ts/src/cli/completion/candidates.ts';
import { COMPLETION_SCRIPTS, SHELLS } from '../../../../gocli-ts/src/cli/completion/scripts.ts';
import { verbOf } from '../../../../gocli-ts/src/cli/flags.ts';
import { makeConsole } from '../../../helpers/console.ts';

const NAMES: HostNames = {
  clusters: () => Promise.resolve(['k8s-1.36', 'two']),
  nodes: (cluster) => Promise.resolve(cluster === 'two' ? ['node01', 'node02'] : ['node01']),
  providers: () => Promise.resolve(['k8s-1.36']),
  addons: () => Promise.resolve(['kwok', 'metallb']),
  snapshots: () => Promise.resolve(['clean', 'loaded']),
  templates: () => Promise.resolve(['0123456789ab']),
  images: () => Promise.resolve(['app:1', 'app:2']),
  ports: () => Promise.resolve(['ssh', 'k8s']),
};

function complete(...words: string[]): Promise<string[]> {
  return candidates(words, COMMANDS, NAMES);
}

test('the first word is a verb', async (t) => {
  t.deepEqual(await complete(''), COMMANDS.map(verbOf));
  t.deepEqual(await complete('ku'), ['kubectl', 'kubeconfig']);
  t.deepEqual(await complete('-q', 'ver'), ['version']);
  t.deepEqual(await complete('-o', 'json', 'ver'), ['version']);
});

test('flags are those of the verb and of every command; hidden ones are not shown', async (t) => {
  const flags = await complete('run', '--');
  for (const flag of ['--memory', '--k8s-port', '--name', '--output', '--help'])
    t.true(flags.includes(flag), flag);
  t.false(flags.includes('--random-ports'));
  t.false((await complete('ls', '--')).includes('--memory'));
});

test('values of flags: choices, cluster names', async (t) => {
  t.deepEqual(await complete('ls', '-o', 'j'), ['json']);
  t.deepEqual(await complete('ssh', '--name', ''), ['k8s-1.36', 'two']);
  t.deepEqual(await complete('ssh', '-p', 't'), ['two']);
  t.deepEqual(await complete('--prefix', ''), ['k8s-1.36', 'two']);
  t.deepEqual(await complete('run', '--memory', ''), []);
  t.deepEqual(await complete('run', '--addon', ''), await NAMES.addons());
  t.deepEqual(await complete('provider', 'new', 'k8s/2', '--from', ''), ['k8s-1.36']);
});

test('snapshots and templates, where one is meant', async (t) => {
  t.deepEqual(await complete('snapshot', 'restore', ''), ['clean', 'loaded']);
  t.deepEqual(await complete('run', '--snapshot', 'c'), ['clean']);
  t.deepEqual(await complete('template', 'verify', '0'), ['0123456789ab']);
  t.deepEqual(await complete('template', 'build', ''), ['k8s-1.36']);
});

test('positionals: nodes of the cluster meant, providers, choices', async (t) => {
  t.deepEqual(await complete('ssh', ''), ['node01']);
  t.deepEqual(await complete('ssh', '--name', 'two', ''), ['node01', 'node02']);
  t.deepEqual(await complete('--name', 'two', 'ssh', ''), ['node01', 'node02']);
  t.deepEqual(await complete('ports', '--name', 'two', 's'), ['ssh']);
  t.deepEqual(await complete('run', ''), ['k8s-1.36']);
  t.deepEqual(await complete('completion', 'f'), ['fish']);
  t.deepEqual(await complete('ssh', 'node01', ''), []);
  t.deepEqual(await complete('nonsense', ''), []);
});

test('every script asks gocli for the words', (t) => {
  for (const shell of SHELLS)
    t.true(COMPLETION_SCRIPTS[shell].includes('gocli completion candidates -- '), shell);
});

test('file names are offered only where gocli has no words', (t) => {
  t.regex(COMPLETION_SCRIPTS.bash, /complete -o bashdefault -o default /);
  t.regex(COMPLETION_SCRIPTS.zsh, /else\n +_files\n/);
  t.regex(COMPLETION_SCRIPTS.fish, /else\n +__fish_complete_path .*\n[^]*--no-files/);
});

test('the words arrive as the scripts hand them over', async (t) => {
  const console = await makeConsole(t);
  const ask = async (...words: string[]): Promise<string> =>
    (await console.run('completion', 'candidates', '--', ...words)).stdout;
  t.is(await ask('stat'), 'status\n');
  t.is(await ask('run', '--keep'), '--keep-on-failure\n');
  t.is(await ask('ls', '-o', 'j'), 'json\n');
  t.is(await ask('kubectl', '--', ''), '');
  t.is((await console.run('completion', 'bash', 'more')).code, 2);
});

test('images of the local Docker are what can be loaded, one after the other', async (t) => {
  t.deepEqual(await complete('load', ''), ['app:1', 'app:2']);
  t.deepEqual(await complete('load', 'app:1', 'app:2', 'a'), ['app:1', 'app:2']);
  t.deepEqual(await complete('load', './ap'), []);
  t.deepEqual(await complete('images', ''), ['ls', 'rm', 'prune']);
  t.deepEqual(await complete('images', 'rm', ''), []);
});
