import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { cleanScript } from '../../../../gocli-ts/src/provision/build-machine/clean-script.ts';
import { buildParts } from '../../../../gocli-ts/src/provision/build-machine/cloud-init.ts';
import { readRecipe } from '../../../../gocli-ts/src/provision/recipe.ts';
import type { StepContext } from '../../../../gocli-ts/src/provision/step.ts';
import { changeMachine, switchOff } from '../../../../gocli-ts/src/provision/steps/vm.ts';
import { quote } from '../../../../gocli-ts/src/shared/quote.ts';
import { makeEngine } from '../../../helpers/engine.ts';
import { FakeHost } from '../../../fakes/host.ts';
import type { SshCall } from '../../../fakes/ssh.ts';
import { fakeMachines } from '../../frozen/machines.ts';
import { temporaryFolder } from '../_bench.ts';
import { checkoutOf } from '../_providers.ts';

const TARGET = { host: '127.0.0.1', port: 1, user: 'root', privateKey: '', node: 'node01' };

test('a machine that does not end after the build is named with its limit and what was seen', async (t) => {
  // What hangs keeps no process alive, as a socket would.
  const alive = setTimeout(() => undefined, 60_000);
  t.teardown(() => {
    clearTimeout(alive);
  });
  const fake = await fakeMachines(1);
  fake.ignored.add('node01 quit');
  const { signal } = new AbortController();
  const machine = { nodeId: fake.machines[0]?.container ?? '', target: TARGET };
  const error = await t.throwsAsync(switchOff({ docker: fake.docker, signal }, machine, 200), {
    code: 'TIMEOUT',
    message: 'the machine that the image is built in ends: not within 0.2 s',
  });
  t.like(error, { observed: 'last seen: its monitor did not take "quit"' });
});

function textOf(call: SshCall | undefined): string {
  const stdin = call?.options.stdin;
  return typeof stdin === 'string' ? stdin : '';
}

const SECRET = "pass'word of ci\nand more";

/** Makes all that is done in the machine of a provider with a provision.sh and a variable. */
async function changing(t: ExecutionContext) {
  const engine = await makeEngine(t);
  const root = await checkoutOf(t, {
    'cluster-provision/vm/mine/provider.yaml': `apiVersion: gocli.io/v1
kind: Provider
name: vm-mine
guest: debian-13
defaults: { nodes: 1, cpus: 2, memory: 1024M, disk: 10G }
vm: { user: debian }
environment: { TOKEN_OF_CI: }
`,
    'cluster-provision/vm/mine/provision.sh':
      '#!/bin/sh\necho "$TOKEN_OF_CI" "$GOCLI_PROVIDER" >out; cat >>out\n',
  });
  const recipe = await readRecipe(join(root, 'cluster-provision/vm/mine'), {
    env: { TOKEN_OF_CI: SECRET },
  });
  const output = join(root, 'output');
  await mkdir(output);
  const folders = { key: '', results: {}, output, scratch: output, labels: {} };
  const step = { progress: () => undefined, note: () => undefined, cached: () => undefined };
  const context = { ...engine, ...folders, host: new FakeHost(), recipe, step } as unknown as StepContext;
  const changes = { parts: await buildParts(recipe), prePull: [], proxied: true };
  const node = await engine.ssh.connect(TARGET, engine.signal);
  return { engine, change: () => changeMachine(context, changes, node, engine.signal) };
}

test('what variables are stands in no command and in no error, and the script has them', async (t) => {
  const { engine, change } = await changing(t);
  engine.ssh.respond((command) =>
    command.startsWith('sh -s ') ? { exitCode: 3, stderr: 'no such thing' } : undefined,
  );
  const error = await t.throwsAsync<GocliError>(change(), { code: 'REMOTE_COMMAND' });
  const commands = engine.ssh.calls.map(({ command }) => command);
  for (const text of [error.message, error.observed ?? '', ...commands]) t.notRegex(text, /pass|of ci/);
  t.regex(error.message, /gocli-provision\.sh" ended with code 3/);

  const [put, run] = engine.ssh.calls.slice(-2);
  const folder = await temporaryFolder(t);
  const script = join(folder, 'script');
  await writeFile(script, textOf(put), { mode: 0o700 });
  const running = promisify(execFile)('sh', ['-s', script], { cwd: folder });
  running.child.stdin?.end(textOf(run));
  await running;
  t.is(await readFile(join(folder, 'out'), 'utf8'), `${SECRET} vm-mine\n`, 'nothing of its input is read');
});

test('a machine forgets the proxy once scripts need none, and is cleaned after that', async (t) => {
  const { engine, change } = await changing(t);
  await change();
  const at = (which: (command: string, stdin: string) => boolean): number =>
    engine.ssh.calls.findIndex((call) => which(call.command, textOf(call)));
  const script = at((command) => command.endsWith('gocli-provision.sh'));
  const forget = at(
    (command, stdin) => command === 'sh' && stdin.includes('rm -f /etc/apt/apt.conf.d/95gocli-proxy'),
  );
  const clean = at((command) => command === `sh -c ${quote(cleanScript())}`);
  t.true(script !== -1 && script < forget && forget < clean, `${script} ${forget} ${clean}`);
  t.is(clean, engine.ssh.calls.length - 1);
});
