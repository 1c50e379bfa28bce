import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../gocli-ts/src/place/labels.ts';
import { type CliResult, outputOf, tinyGocli } from '../helpers/cli.ts';
import { meddle, type Ended } from '../helpers/meddle.ts';
import { openSandbox, runArguments, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

let sandbox: Sandbox;
let image: string;

/** A background process would outlive the test; what it does is done here in the foreground. */
const env = (): Record<string, string> => ({ ...sandbox.env, GOCLI_POOL: 'take' });
const cli = (...argv: string[]): Promise<CliResult> => tinyGocli(argv, { env: env() });

test.before('a tiny provider image that no other file makes templates of', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker, { kernelArgs: ['gocli.test=pool'] });
});

test.after.always('nothing stays', async () => {
  await cli('pool', 'rm', '--all');
  await sandbox.close();
});

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

interface Member {
  readonly name: string;
  readonly problem: string | null;
  readonly bytes: number | null;
}

/** What is in the only pool. */
async function members(): Promise<readonly Member[]> {
  const { stdout } = await cli('pool', 'ls', '-o', 'json');
  const { pools } = JSON.parse(stdout) as { pools: { members: Member[] }[] };
  return pools.flatMap((pool) => pool.members);
}

/** The id of a cluster, which is the first name that it had. */
async function idOf(name: string): Promise<string | undefined> {
  return (await sandbox.docker.containers.inspect(`${name}-dnsmasq`))?.labels[LABEL.cluster];
}

/** What the guest's web server says, through the published port; it counts from its boot. */
async function counter(name: string): Promise<number> {
  const port = (await cli('ports', 'http', '--name', name)).stdout.trim();
  const answer = await fetch(`http://127.0.0.1:${port}/counter`, { signal: AbortSignal.timeout(10_000) });
  return Number(await answer.text());
}

/** On a busy host it may be over when the signal comes; what holds then holds all the more. */
const wasKilled = ({ exitCode }: Ended): boolean => exitCode === null || exitCode === 0;

const setPool = (size: number): Promise<CliResult> => {
  const [, provider = '', , , suffix = ''] = runArguments(image, 'any');
  return cli('pool', 'set', provider, '--container-suffix', suffix, '--size', String(size), '--wait');
};

test.serial(
  'two runs at once never get the same cluster, and what is taken lives on like any other',
  async (t) => {
    ended(t, 0, await setPool(1));
    const [member] = await members();
    t.is(member?.problem, null);
    // qemu alone has more; what is less is some other process.
    t.true((member?.bytes ?? 0) > 16 * 2 ** 20, `its memory: ${member?.bytes ?? 0}`);
    const names = [sandbox.name(), sandbox.name()];
    const runs = await Promise.all(names.map((name) => cli(...runArguments(image, name))));
    for (const run of runs) ended(t, 0, run);
    const ids = await Promise.all(names.map(idOf));
    t.is(ids.filter((id) => id === member?.name).length, 1, ids.join(' '));
    t.deepEqual(await members(), []);

    const name = names[ids.indexOf(member?.name)] ?? '';
    const before = await counter(name);
    for (const verb of ['pause', 'resume', 'stop', 'start']) ended(t, 0, await cli(verb, name));
    t.true((await counter(name)) >= before);
    for (const one of names) ended(t, 0, await cli('rm', one));
    t.deepEqual(await sandbox.docker.volumes.list({ [LABEL.cluster]: member?.name ?? '' }), []);
  },
);

test.serial('a fill that is killed is mended by the next one', async (t) => {
  for (const step of ['containers', 'settle']) {
    const killed = await meddle(
      ['pool', 'fill', '--wait'],
      { step, ms: 0 },
      (child) => child.kill('SIGKILL'),
      env(),
    );
    t.true(wasKilled(killed), killed.stderr);
    ended(t, 0, await cli('pool', 'fill', '--wait'));
    const now = await members();
    t.is(now.length, 1, step);
    t.is(now[0]?.problem, null);
    const containers = await sandbox.docker.containers.list({ [LABEL.cluster]: now[0]?.name ?? '' });
    t.is(containers.length, 3);
    if (step === 'containers') ended(t, 0, await cli('rm', now[0]?.name ?? ''));
  }
});

test.serial('what a killed run has taken is finished by the next one', async (t) => {
  const name = sandbox.name();
  const [member] = await members();
  const argv = runArguments(image, name);
  const killed = await meddle(argv, { step: 'continue', ms: 0 }, (child) => child.kill('SIGKILL'), env());
  t.true(wasKilled(killed), killed.stderr);
  t.is(await idOf(name), member?.name);
  ended(t, 0, await cli(...argv));
  t.is(await idOf(name), member?.name);
  t.true((await counter(name)) >= 0);
  ended(t, 0, await cli('status', name));
  ended(t, 0, await cli('pool', 'rm', '--all'));
  ended(t, 0, await cli('rm', name));
});
