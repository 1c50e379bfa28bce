import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { GocliEvent } from '../../../gocli-ts/src/events/events.ts';
import { estimatedSteps, readTimings, writeTimings } from '../../../gocli-ts/src/host/timings.ts';
import type { Paths } from '../../../gocli-ts/src/host/paths.ts';
import { FakeClock } from '../../fakes/clock.ts';

async function places(t: ExecutionContext): Promise<Paths> {
  const state = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(state, { recursive: true, force: true }));
  return { state, cache: state };
}

const took = (id: string, seconds: number, outcome: 'done' | 'cached' | 'failed' = 'done') => ({
  id,
  title: id,
  startSeconds: 0,
  seconds,
  outcome,
});

test('what one provider took is no estimate of another', async (t) => {
  const paths = await places(t);
  await writeTimings(paths, 'k8s-1.36', [
    took('components', 600),
    took('disk', 9, 'cached'),
    took('vm', 1, 'failed'),
  ]);
  await writeTimings(paths, 'k8s-1.35', [took('components', 20)]);
  t.deepEqual(await readTimings(paths, 'k8s-1.36'), { components: 600 });
  t.deepEqual(await readTimings(paths, 'k8s-1.3'), {});
  const events: GocliEvent[] = [];
  const deps = { paths, clock: new FakeClock(), emit: (event: GocliEvent) => events.push(event) };
  for (const provider of ['k8s-1.35', 'k8s-1.34', undefined]) {
    const steps = await estimatedSteps(deps, provider);
    await steps.run('components', 'Build', () => Promise.resolve());
  }
  const starts = events.filter((event) => event.type === 'step-start');
  t.deepEqual(
    starts.map(({ estimateSeconds }) => estimateSeconds),
    [20, undefined, undefined],
  );
});

test('estimates of a version that did not tell providers apart are passed over', async (t) => {
  const paths = await places(t);
  await writeFile(join(paths.state, 'timings.json'), '{"components": 600}');
  t.deepEqual(await readTimings(paths, 'k8s-1.36'), {});
  await writeFile(join(paths.state, 'timings.json'), 'no JSON');
  t.deepEqual(await readTimings(paths, 'k8s-1.36'), {});
});
