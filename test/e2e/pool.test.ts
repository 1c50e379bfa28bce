import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { gocli, outputOf, type CliResult } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';

const NAME = 'e2e-pooled';
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
  await rm(folder, { recursive: true, force: true });
});

/** What a warm-up could leave in the API and on the node. */
const TRACES = 'ls /var/log/pods /var/log/containers; crictl ps -a -o yaml; crictl pods -o yaml';

test.serial(
  'a run takes the cluster that stands ready, in which nothing is seen of its warm-up',
  async (t) => {
    t.timeout(20 * 60_000);
    const set = await ok(t, 'pool', 'set', PROVIDER, '--size', '1', '--wait', '-o', 'json');
    const { made } = JSON.parse(set) as { made: string[] };
    t.is(made.length, 1);
    const run = await cli('run', PROVIDER, '--name', NAME);
    t.is(run.exitCode, 0, outputOf(run));
    t.true(run.stderr.includes(`Cluster ${made[0] ?? ''} of the pool is ${NAME} now.`), run.stderr);

    t.is(await ok(t, 'kubectl', '--name', NAME, 'get', 'nodes', '-o', 'name'), 'node/node01\n');
    const objects = await ok(t, 'kubectl', '--name', NAME, 'get', 'namespaces,all', '-A');
    t.false(objects.includes('gocli-warm-up'), objects);
    // The kubelet tidies up its dead containers and their logs once a minute, of a cluster that stands still later.
    const gone = `for _ in $(seq 90); do { ${TRACES}; } | grep -q gocli-warm-up || exit 0; sleep 1; done; ${TRACES}; exit 1`;
    await ok(t, 'ssh', '--name', NAME, 'node01', '--', gone);
    const before = Date.now() / 1000;
    const clock = Number(await ok(t, 'ssh', '--name', NAME, 'node01', '--', 'date', '+%s'));
    t.true(clock > before - 3 && clock < Date.now() / 1000 + 3, 'the clock is right');
    await ok(t, 'pool', 'rm', PROVIDER);
    await ok(t, 'status', NAME);
  },
);
