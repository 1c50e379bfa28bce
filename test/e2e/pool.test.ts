import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { gocli, outputOf, type CliResult } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';

const NAME = 'e2e-pooled';
const THAWED = 'e2e-pooled-thawed';
let folder = '';

/** A state folder of its own: pools of whoever runs this stay as they are. Nothing is filled in the background. */
const cli = (...argv: string[]): Promise<CliResult> =>
  gocli(argv, { env: { XDG_STATE_HOME: folder, GOCLI_POOL: 'take' } });

async function ok(t: ExecutionContext, ...argv: string[]): Promise<string> {
  const result = await cli(...argv);
  t.is(result.exitCode, 0, outputOf(result));
  return result.stdout;
}

test.before('the provider is there', async (t) => {
  t.timeout(85 * 60_000);
  folder = await mkdtemp(join(tmpdir(), 'gocli-pool-'));
  const built = await gocli(['provision', await providerFolder()]);
  t.is(built.exitCode, 0, outputOf(built));
});

test.after.always('nothing stays', async () => {
  await cli('pool', 'rm', '--all');
  await cli('rm', NAME);
  await cli('rm', THAWED);
  await rm(folder, { recursive: true, force: true });
});

/** Names of all objects of a cluster, leases among them; events and what is only measured are left out. */
async function objectsOf(t: ExecutionContext, name: string): Promise<string[]> {
  const kubectl = (...words: string[]): Promise<string> => ok(t, 'kubectl', '--name', name, ...words);
  const kinds = (await kubectl('api-resources', '--verbs=list', '-o', 'name')).trim().split('\n');
  const asked = kinds.filter((kind) => !/^events(\.|$)|\.metrics\.k8s\.io$/.test(kind)).join(',');
  const columns = 'KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name';
  return lines(await kubectl('get', asked, '-A', '--no-headers', '-o', `custom-columns=${columns}`));
}

/** What a warm-up could leave on a node: containers and pods by their ids, images, and logs of pods. */
const TRACES =
  'crictl ps -a -q --no-trunc; crictl pods -q --no-trunc; ctr -n k8s.io images ls -q; find /var/log/pods /var/log/containers';

const lines = (text: string): string[] => text.trim().split(/ *\n/).sort();

test.serial(
  'a run takes the cluster that stands ready, in which nothing is seen of its warm-up',
  async (t) => {
    t.timeout(20 * 60_000);
    const set = await cli('pool', 'set', PROVIDER, '--size', '1', '--wait', '-o', 'json');
    t.is(set.exitCode, 0, outputOf(set));
    t.notRegex(set.stderr, /not warmed up/);
    const { made } = JSON.parse(set.stdout) as { made: string[] };
    t.is(made.length, 1);
    const run = await cli('run', PROVIDER, '--name', NAME);
    t.is(run.exitCode, 0, outputOf(run));
    t.true(run.stderr.includes(`Cluster ${made[0] ?? ''} of the pool is ${NAME} now.`), run.stderr);

    t.is(await ok(t, 'kubectl', '--name', NAME, 'get', 'nodes', '-o', 'name'), 'node/node01\n');
    // Both come from one template, so what is there has the same names and ids.
    await ok(t, 'run', PROVIDER, '--name', THAWED, '--no-pool');
    t.deepEqual(await objectsOf(t, NAME), await objectsOf(t, THAWED));
    const [taken, thawed] = [NAME, THAWED].map((name) =>
      ok(t, 'ssh', '--name', name, 'node01', '--', TRACES),
    );
    t.deepEqual(lines((await taken) ?? ''), lines((await thawed) ?? ''));
    const before = Date.now() / 1000;
    const clock = Number(await ok(t, 'ssh', '--name', NAME, 'node01', '--', 'date', '+%s'));
    t.true(clock > before - 3 && clock < Date.now() / 1000 + 3, 'the clock is right');
    await ok(t, 'pool', 'rm', PROVIDER);
    await ok(t, 'status', NAME);
  },
);
