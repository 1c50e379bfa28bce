import test from 'ava';
import { gocli, outputOf } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';
import { CHARTS, prove } from './charts.ts';

const NAME = 'charts';

// Nobody else starts a whole cluster in another network than the usual one.
const OPTIONS = ['--kernel-args', 'hugepages=16', '--network', '198.51.100.0/24'];

test.before('a cluster with a few huge pages is up, in a network of its own', async (t) => {
  t.timeout(85 * 60_000);
  const built = await gocli(['provision', await providerFolder()]);
  t.is(built.exitCode, 0, outputOf(built));
  const started = await gocli(['run', PROVIDER, '--name', NAME, ...OPTIONS]);
  t.is(started.exitCode, 0, outputOf(started));
});

test.after.always('the cluster is removed', async () => {
  await gocli(['rm', '--name', NAME]);
});

/** Each of these takes one chart after the other. More at once only wait for an emulated node's processors. */
const lanes = [1, 2, 3, 4].map(() => Promise.resolve());

for (const [index, chart] of CHARTS.entries()) {
  test(`${chart.manifest}: ${chart.shows}`, async (t) => {
    t.timeout(35 * 60_000);
    const lane = index % lanes.length;
    const turn = (lanes[lane] ?? Promise.resolve()).then(() => prove(t, NAME, chart));
    lanes[lane] = turn.catch(() => undefined);
    await turn;
  });
}
