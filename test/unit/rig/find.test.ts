import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  findRig,
  findRigs,
  hostPort,
  nodeOf,
  requireRig,
  requireState,
} from '../../../gocli-ts/src/rig/find.ts';
import { writeState } from '../../../gocli-ts/src/rig/state.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { rigFolder } from '../../../gocli-ts/src/host/paths.ts';
import { addProvider, makeEngine, requestFor, stateOf, VM_FACTS, type Engine } from '../../helpers/engine.ts';

async function addNode({ docker }: Engine, cluster: string): Promise<string> {
  docker.addImage('image');
  const labels = { [LABEL.cluster]: cluster, [LABEL.role]: 'node', [LABEL.node]: 'node01' };
  const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
  return docker.containers.create({ name: `${cluster}-node01`, image: 'image', labels, ...isolated });
}

test('a cluster is found by its label or its state; by neither there is none', async (t) => {
  const engine = await makeEngine(t);
  await addNode(engine, 'only-containers');
  await writeState(engine.paths, stateOf({ name: 'only-state' }));
  const { docker, paths } = engine;
  t.is((await findRig(docker, paths, 'only-containers'))?.containers.length, 1);
  t.is((await findRig(docker, paths, 'only-state'))?.state?.name, 'only-state');
  t.is(await findRig(docker, paths, 'only'), undefined);
  t.deepEqual(
    (await findRigs(docker, paths)).map(({ name }) => name),
    ['only-containers', 'only-state'],
  );
});

test('a damaged state hides neither the other clusters nor its own', async (t) => {
  const { docker, paths } = await makeEngine(t);
  await writeState(paths, stateOf());
  await mkdir(rigFolder(paths, 'broken'), { recursive: true });
  await writeFile(join(rigFolder(paths, 'broken'), 'cluster.json'), '{');
  const found = await findRigs(docker, paths);
  t.deepEqual(
    found.map(({ name, state }) => [name, state?.name]),
    [
      ['broken', undefined],
      ['c', 'c'],
    ],
  );
  await t.throwsAsync(findRig(docker, paths, 'broken'), { code: 'BAD_FILE' });
});

test('a folder in the place of a state hides no other cluster', async (t) => {
  const { docker, paths } = await makeEngine(t);
  await writeState(paths, stateOf());
  await mkdir(join(rigFolder(paths, 'odd'), 'cluster.json'), { recursive: true });
  t.deepEqual(
    (await findRigs(docker, paths)).map(({ name, state }) => [name, state?.name]),
    [
      ['c', 'c'],
      ['odd', undefined],
    ],
  );
  await t.throwsAsync(findRig(docker, paths, 'odd'), {
    code: 'FILE',
    message: /cluster\.json cannot be read/,
  });
});

test('a state folder that is none is said, not taken for an empty one', async (t) => {
  const { docker, paths } = await makeEngine(t);
  await writeFile(join(paths.state, 'clusters'), '');
  await t.throwsAsync(findRigs(docker, paths), { code: 'FILE', message: /clusters cannot be read/ });
});

test('an unknown cluster is an error with the nearest name, and all of them', async (t) => {
  const { docker, paths } = await makeEngine(t);
  const none = await t.throwsAsync(requireRig(docker, paths, 'x'), { code: 'NOT_FOUND' });
  t.regex((none as unknown as { hint: string }).hint, /No cluster exists/);
  await writeState(paths, stateOf({ name: 'k8s-1.36' }));
  const error = await t.throwsAsync(requireRig(docker, paths, 'k8s-1.63'), {
    code: 'NOT_FOUND',
    message: /"k8s-1\.63"\. Did you mean "k8s-1\.36"\?/,
  });
  t.like(error, { hint: 'Clusters: k8s-1.36' });
});

test('a cluster that runs and whose state is elsewhere is never to be removed for that', async (t) => {
  const engine = await makeEngine(t);
  await up(requestFor(addProvider(engine.docker, VM_FACTS)), engine);
  const elsewhere = { ...engine.paths, state: join(engine.paths.state, 'other') };
  const found = await requireRig(engine.docker, elsewhere, 'c');
  const error = t.throws(() => requireState(found), { code: 'NOT_FOUND', message: /keys are not here/ });
  t.regex((error as unknown as { hint: string }).hint, /another HOME/);
  const again = await t.throwsAsync(
    up(requestFor(addProvider(engine.docker, VM_FACTS)), { ...engine, paths: elsewhere }),
  );
  t.notRegex((again as unknown as { hint: string }).hint, /gocli rm/);
});

test('parts that are missing are errors that say what to type', async (t) => {
  const engine = await makeEngine(t);
  const id = await addNode(engine, 'c');
  const found = await requireRig(engine.docker, engine.paths, 'c');
  t.is(nodeOf(found, 'node01').id, id);
  t.throws(() => nodeOf(found, 'node02'), { code: 'NOT_FOUND', message: /node02/ });
  const error = t.throws(() => requireState(found), { code: 'NOT_FOUND', message: /not started completely/ });
  t.like(error, { hint: 'Remove what is left of it: gocli rm --name c' });
  t.is(hostPort(stateOf(), '6443/tcp'), 40002);
  t.throws(() => hostPort(stateOf(), '1/tcp'), { code: 'NOT_FOUND', message: /1\/tcp/ });
});
