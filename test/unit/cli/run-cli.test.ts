import test from 'ava';
import { writeState } from '../../../gocli-ts/src/rig/state.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { makeConsole } from '../../helpers/console.ts';
import { addProvider, stateOf, VM_FACTS } from '../../helpers/engine.ts';

test('the result is on stdout alone; progress and errors are on stderr', async (t) => {
  const console = await makeConsole(t);
  addProvider(console.engine.docker, VM_FACTS);
  const up = await console.run('run', 'vm-1', '-o', 'json');
  t.is(up.code, 0, up.stderr);
  t.like(JSON.parse(up.stdout), { version: 1, name: 'vm-1', started: true });
  t.regex(up.stderr, /✓ Starting the containers/);
  const wrong = await console.run('ports', 'sssh');
  t.is(wrong.code, 4);
  t.is(wrong.stdout, '');
  t.regex(wrong.stderr, /Did you mean "ssh"\?/);
});

test('bad input is one line and a hint, never a stack trace', async (t) => {
  const console = await makeConsole(t);
  addProvider(console.engine.docker, VM_FACTS);
  const cases: readonly (readonly [argv: readonly string[], code: number, says: RegExp])[] = [
    [[], 2, /a command is missing/],
    [['rnu'], 2, /"rnu" is not a command\. Did you mean "run"\?/],
    [['run', 'vm-1', '--memroy', '3G'], 2, /unknown flag --memroy\. Did you mean "--memory"\?/],
    [
      ['run', 'vm-1', '--memroy', '3G', '--cpu', '0', '-o', 'xml', '--name', 'A', '--http-port', 'x'],
      2,
      /unknown flag --memroy[^]*--output: "xml"[^]*--name: "A"[^]*--cpu: 0[^]*--http-port: x/,
    ],
    [['run', 'vm-2', '--memroy', '3G'], 2, /unknown flag --memroy[^]*there is no provider "vm-2"/],
    [['run', 'vm-1', '--memory', '5G0'], 2, /--memory: "5G0" is not a size/],
    [['run', 'vm-1', '--nodes', '0'], 2, /--nodes: 0/],
    [['run', 'vm-1', '--nodes', '1000'], 2, /--nodes: 1000 is out of range/],
    [['run', 'vm-1', '--nodes', 'two'], 2, /--nodes: two is not a whole number/],
    [['run', 'vm-1', '--k8s-port', '70000'], 2, /--k8s-port: 70000 is out of range/],
    [['run', 'vm-1', '--name', '../x'], 2, /--name: "\.\.\/x" is not a cluster name/],
    [['run', 'vm-1', '--memory', '8000T'], 3, /needs 8000 TiB of memory/],
    [['run'], 2, /a provider is missing/],
    [['run', 'vm-2'], 4, /there is no provider "vm-2"/],
    [['run', '../../x', '--name', 'x'], 4, /there is no provider "\.\.\/\.\.\/x"/],
    [['run', 'A'], 4, /there is no provider "A"/],
    [['run', 'A', '--nodes', '0'], 2, /--nodes: 0 is out of range[^]*there is no provider "A"/],
    [['provider', 'show', '../../x'], 4, /there is no provider/],
    [['provider', 'show', 'a b'], 4, /there is no provider "a b"/],
    [['template', 'build', '../../x'], 4, /there is no provider/],
    [['status', 'nothing'], 4, /there is no cluster "nothing"/],
    [['ssh', 'node01'], 4, /no cluster exists/],
    [['ls', '-o', 'xml'], 2, /--output: "xml" is not accepted/],
    [['load', './a.tar', '--tag', 'A B'], 2, /--tag: "A B" is not the name of an image/],
    [['run', 'vm-1', '--progress', 'loud'], 2, /--progress: "loud" is not accepted/],
    [['provider', 'show'], 2, /needs a name/],
  ];
  for (const [argv, code, says] of cases) {
    const result = await console.run(...argv);
    t.is(result.code, code, `${argv.join(' ')}\n${result.stderr}`);
    t.regex(result.stderr, says);
    t.regex(result.stderr, /^ {2}What to do: /m, argv.join(' '));
    t.notRegex(result.stderr, /^\s+at /m);
    t.is(result.stdout, '');
  }
  t.is(console.engine.docker.containerStore.size, 0);
});

test('errors are JSON where JSON was asked for, also those of the command line itself', async (t) => {
  const console = await makeConsole(t);
  for (const argv of [
    ['-o', 'json', 'rnu'],
    ['ls', '--output=json', '--nope'],
    ['ls', '--progress', 'json', '--nope'],
  ]) {
    const { code, stderr } = await console.run(...argv);
    t.is(code, 2);
    t.like(
      JSON.parse(stderr),
      { version: 1, error: { code: 'GOCLI-E100', kind: 'USAGE', exitCode: 2 } },
      argv.join(' '),
    );
  }
  const unknown = await console.run('status', 'x', '-o', 'json');
  t.like(JSON.parse(unknown.stderr), {
    version: 1,
    error: { code: 'GOCLI-E300', message: 'there is no cluster "x".', exitCode: 4, observed: null },
  });
});

test('what is no GocliError is a defect; its stack is shown under -v only', async (t) => {
  const console = await makeConsole(t);
  const fail = (): void => {
    console.engine.docker.failNext('containers.list', new TypeError('x is not a function'));
  };
  fail();
  const short = await console.run('ls');
  t.is(short.code, 1);
  t.regex(short.stderr, /x is not a function \(GOCLI-E900\)/);
  t.notRegex(short.stderr, /^.*\bat .*\.(js|ts):/m);
  fail();
  t.regex((await console.run('ls', '-v')).stderr, /\bat .*\.(js|ts):/);
});

test('after a signal its reason counts, whatever the interrupted work made of it', async (t) => {
  for (const [name, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const console = await makeConsole(t);
    addProvider(console.engine.docker, VM_FACTS);
    console.engine.docker.onConnect = () => {
      console.engine.stop.abort(new GocliError('INTERRUPTED', `interrupted by ${name}`, { exitCode }));
      throw new Error('socket hang up');
    };
    const { code, stderr } = await console.run('run', 'vm-1');
    t.is(code, exitCode);
    t.regex(stderr, new RegExp(`interrupted by ${name}`));
    t.is(console.engine.docker.containerStore.size, 0);
  }
});

test('help and version are results', async (t) => {
  const console = await makeConsole(t);
  const help = await console.run('--help');
  t.is(help.code, 0);
  t.regex(help.stdout, /gocli <command>/);
  t.is(help.stderr, '');
  t.regex((await console.run('--version')).stdout, /gocli +0\.1\.0/);
});

test('--quiet leaves warnings; a dry run prints the plan and makes nothing', async (t) => {
  const console = await makeConsole(t, { KUBEVIRT_WITH_SRIOV: 'true', KUBEVIRT_PROVIDER: 'vm-1' });
  addProvider(console.engine.docker, VM_FACTS);
  const { code, stdout, stderr } = await console.run(
    'run',
    '--from-environment',
    '--dry-run',
    '-q',
    '-o',
    'json',
  );
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { plan: { guest: { provider: 'vm-1', nodes: 1 } } });
  t.regex(stderr, /^Warning: KUBEVIRT_WITH_SRIOV is not honoured yet/);
  t.is(console.engine.docker.containerStore.size, 0);
});

test('all that is wrong is said at once, whoever reads it: parser, option or variable', async (t) => {
  const console = await makeConsole(t, {
    KUBEVIRTCI_RUNTIME: 'podman',
    KUBEVIRT_PROVIDER: '../x',
    KUBEVIRT_PROVIDER_EXTRA_ARGS: '"',
    KUBEVIRTCI_TAG: 'a b',
  });
  addProvider(console.engine.docker, VM_FACTS);
  const wrong = ['run', 'vm-1', '--nodes', 'x', '--k8s-port', 'y', '--memory', 'bad', '--timeout', 'long'];
  const flags = ['--nodes: x', '--memory: "bad"', '--k8s-port: y', '--timeout: "long"'];
  const typed = await console.run(...wrong);
  t.is(typed.code, 2);
  for (const at of flags) t.true(typed.stderr.includes(at), `${at}\n${typed.stderr}`);
  const { code, stderr } = await console.run(...wrong, '--from-environment');
  t.is(code, 2);
  const variables = [
    'KUBEVIRTCI_RUNTIME:',
    'KUBEVIRT_PROVIDER:',
    'KUBEVIRT_PROVIDER_EXTRA_ARGS:',
    'KUBEVIRTCI_TAG:',
  ];
  for (const at of [...flags, ...variables]) t.true(stderr.includes(at), `${at}\n${stderr}`);
});

test('extra arguments are those of run alone, and typed flags count more', async (t) => {
  const env = {
    KUBEVIRT_PROVIDER: 'vm-1',
    KUBEVIRT_PROVIDER_EXTRA_ARGS: '--memory 256M --http-port 8080 --cpu 2',
  };
  const console = await makeConsole(t, env);
  addProvider(console.engine.docker, VM_FACTS);
  for (const argv of [
    ['run', '--from-environment', '--dry-run', '-o', 'json', '--memory', '192M', '--http-port', '8081'],
    ['--memory', '192M', '-o', 'json', 'run', '--http-port', '8081', '--dry-run', '--from-environment'],
  ]) {
    const { code, stdout, stderr } = await console.run(...argv);
    t.is(code, 0, stderr);
    t.like(JSON.parse(stdout), {
      plan: { guest: { memoryMiB: 192, cpus: 2 }, host: { pinnedPorts: { '80/tcp': 8081 } } },
    });
  }
  t.is((await console.run('run', 'vm-1')).code, 0);
  t.is((await console.run('ssh', 'node01', '--', 'make', '--from-environment')).code, 0);
  t.is(console.engine.ssh.calls.at(-1)?.command, 'make --from-environment');
});

test('what to do is called as gocli is called there', async (t) => {
  const console = await makeConsole(t, { GOCLI_COMMAND: 'cluster-up/cli.sh' });
  const { stderr } = await console.run('stop', 'gone');
  t.regex(stderr, /Type: cluster-up\/cli\.sh run /);
  const script = 'gocli on PATH: gocli ssh';
  t.notRegex((await console.run('ssh', script)).stderr, /cli\.sh on PATH/);
  // In results, too.
  const { docker } = console.engine;
  addProvider(docker, VM_FACTS);
  const several = await console.run('run', 'vm-1', '--count', '2');
  t.regex(several.stdout, /Next:\n {2}cluster-up\/cli\.sh ssh --name vm-1-01 node01/);
});

test('on a terminal of which nobody can say what it can, progress is lines', async (t) => {
  for (const [env, drawn] of [
    [{ TERM: 'xterm' }, true],
    [{ TERM: 'dumb' }, false],
    [{ TERM: '' }, false],
    [{}, false],
  ] as const) {
    const console = await makeConsole(t, env);
    addProvider(console.engine.docker, VM_FACTS);
    Object.assign(console.context.stderr, { isTTY: true, columns: 80, rows: 24 });
    const { stderr } = await console.run('run', 'vm-1');
    t.is(stderr.includes('\u001b['), drawn, JSON.stringify(env));
  }
});

test('a word too many among the extra arguments is the one that is blamed', async (t) => {
  const console = await makeConsole(t, { KUBEVIRT_PROVIDER_EXTRA_ARGS: '--cpu 2 stray' });
  const { code, stderr } = await console.run('run', 'vm-1', '--from-environment');
  t.is(code, 2);
  t.regex(stderr, /unexpected word "stray"/);
  t.notRegex(stderr, /word "vm-1"/);
});

test('ls survives a daemon that lists nothing and names what runs', async (t) => {
  const console = await makeConsole(t);
  t.deepEqual(JSON.parse((await console.run('ls', '-o', 'json')).stdout), {
    version: 1,
    clusters: [],
    registries: [],
  });
  await writeState(console.engine.paths, stateOf());
  t.is((await console.run('ls', '-o', 'name')).stdout, 'c\n');
  t.regex((await console.run('ls')).stdout, /^NAME .*\nc +vm-1 +1 +broken +40002/);
});
