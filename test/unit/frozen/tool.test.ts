import test from 'ava';
import { runTool, sweepTools } from '../../../gocli-ts/src/frozen/tool.ts';
import { sweepTemplates, templateMount } from '../../../gocli-ts/src/frozen/templates.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeDocker } from '../../fakes/docker.ts';

const never = new AbortController().signal;

/** Runs a tool on the volume of a template; a killed process does not remove it. */
async function run(docker: FakeDocker, killed: boolean): Promise<void> {
  docker.addImage('image');
  const mounts = [templateMount('feed', 'read')];
  const labels = { [LABEL.run]: 'r' };
  if (killed) docker.failNext('containers.remove', new Error('killed'));
  const tool = { name: 'tool', image: 'image', labels, mounts, script: 'true' };
  await runTool(docker, tool, never).catch(() => undefined);
}

test('a tool carries the labels of its run, and goes with it', async (t) => {
  const docker = new FakeDocker();
  await run(docker, false);
  const [made] = docker.calls.filter(({ method }) => method === 'containers.create');
  t.like(made?.args[0], { labels: { [LABEL.run]: 'r', [LABEL.role]: 'tool' } });
  t.is(docker.containerStore.size, 0);
});

test('what a killed process left of a tool goes an hour later, and the volume with it', async (t) => {
  const docker = new FakeDocker();
  const clock = new FakeClock();
  await run(docker, true);
  clock.advance(3_500_000);
  await sweepTools({ docker, clock });
  t.is(docker.containerStore.size, 1, 'it may be at work');
  clock.advance(200_000);
  await sweepTemplates({ docker, clock });
  t.is(docker.containerStore.size, 0);
  t.is(docker.volumeStore.size, 0);
});
