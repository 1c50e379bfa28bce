import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type CliResult, outputOf, tinyGocli } from '../helpers/cli.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

let sandbox: Sandbox;
let image: string;

test.before('a tiny provider image that no other file makes templates of', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker, { kernelArgs: ['gocli.test=rename'] });
});

test.after.always('nothing stays', () => sandbox.close());

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

/** What the guest's web server says, through the published port; it counts from its boot. */
async function fetchCounter(name: string): Promise<number> {
  const port = (await sandbox.cli('ports', 'http', '--name', name)).stdout.trim();
  const answer = await fetch(`http://127.0.0.1:${port}/counter`, { signal: AbortSignal.timeout(10_000) });
  return Number(await answer.text());
}

const elsewhere = (...argv: string[]): Promise<CliResult> => {
  const state = join(sandbox.env['XDG_STATE_HOME'] ?? '', 'elsewhere');
  return tinyGocli(argv, { env: { ...sandbox.env, XDG_STATE_HOME: state } });
};

const ROLES = ['dnsmasq', 'registry', 'node01'] as const;

/** Ids of the containers of a cluster, by its name. */
async function containersOf(name: string): Promise<(string | undefined)[]> {
  return Promise.all(
    ROLES.map(async (role) => (await sandbox.docker.containers.inspect(`${name}-${role}`))?.id),
  );
}

test.serial(
  'a running cluster gets another name and lives on under it, beside a new one of the old name',
  async (t) => {
    const [old, name, last] = [sandbox.name(), sandbox.name(), sandbox.name()];
    ended(t, 0, await sandbox.run(image, old));
    const before = await containersOf(old);
    const counted = await fetchCounter(old);
    const renamed = await sandbox.cli('rename', old, name, '-o', 'json');
    ended(t, 0, renamed);
    t.like(JSON.parse(renamed.stdout), { name, before: old });
    t.deepEqual(await containersOf(name), before, 'nothing is made anew');
    t.true((await fetchCounter(name)) >= counted, 'it runs on');
    ended(t, 4, await sandbox.cli('status', old));
    ended(t, 4, await sandbox.cli('rename', old, name));

    ended(t, 0, await sandbox.run(image, old));
    t.true((await fetchCounter(old)) < (await fetchCounter(name)), 'another one');
    ended(t, 5, await sandbox.cli('rename', name, old));
    for (const list of [await sandbox.cli('ls', '-o', 'name'), await elsewhere('ls', '-o', 'name')]) {
      const names = list.stdout.split('\n');
      t.true(names.includes(old) && names.includes(name), list.stdout);
    }

    for (const verb of ['pause', 'resume', 'stop', 'start']) ended(t, 0, await sandbox.cli(verb, name));
    ended(t, 0, await sandbox.cli('snapshot', 'create', `${name}-s`, '--name', name));
    ended(t, 0, await sandbox.cli('stop', name));
    ended(t, 0, await elsewhere('rename', name, last));
    ended(t, 8, await sandbox.cli('status', last));
    ended(t, 4, await sandbox.cli('status', name));
    ended(t, 0, await sandbox.cli('start', last));
    t.true((await fetchCounter(last)) >= counted, 'with what was in its memory');
    ended(t, 0, await sandbox.cli('snapshot', 'restore', `${name}-s`, '--name', last));
    ended(t, 0, await elsewhere('status', last));

    ended(t, 0, await elsewhere('rm', last));
    ended(t, 0, await sandbox.cli('status', old));
    ended(t, 0, await sandbox.cli('snapshot', 'restore', `${name}-s`));
    ended(t, 0, await sandbox.cli('status', last));
    for (const one of [old, last]) ended(t, 0, await sandbox.cli('rm', one));
    ended(t, 0, await sandbox.cli('snapshot', 'rm', `${name}-s`));
    for (const one of [old, name, last]) {
      // The copy of what another HOME renamed is left in the state folder here, and is nowhere listed.
      const left = await sandbox.leftovers(one);
      t.deepEqual(left, one === name ? [`state ${one}`] : []);
    }
    t.deepEqual(await containersOf(last), [undefined, undefined, undefined]);
  },
);
