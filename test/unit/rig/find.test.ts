import { mkdir, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
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
import { phaseOf } from '../../../gocli-ts/src/rig/life.ts';
import {
  readSecret,
  readState,
  removeState,
  stateNames,
  writeState,
} from '../../../gocli-ts/src/rig/state.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { pauseRig, resumeRig } from '../../../gocli-ts/src/rig/pause.ts';
import { scriptMachines } from '../frozen/machines.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { rigFolder } from '../../../gocli-ts/src/host/paths.ts';
import { tinyKind } from '../../kinds/tiny.ts';
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

test('a cluster is used from another HOME as from its own: the engine knows it', async (t) => {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  const request = requestFor(addProvider(docker, VM_FACTS));
  await up(request, engine);
  const other = { ...engine, paths: { ...paths, state: join(paths.state, 'other') } };
  t.deepEqual((await findRigs(docker, other.paths)).map(phaseOf), ['running']);
  t.deepEqual(await stateNames(other.paths), [], 'a list leaves the state folder alone');
  const found = await requireRig(docker, other.paths, 'c');
  t.deepEqual(requireState(found), await readState(paths, 'c'));
  t.is(await readSecret(other.paths, 'c', 'id_ed25519'), await readSecret(paths, 'c', 'id_ed25519'));
  t.false((await up(request, other)).started);
});

test('what another HOME did to a cluster is seen, and a state folder that is lost or damaged costs nothing', async (t) => {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  scriptMachines(docker, engine.clock);
  await up(requestFor(addProvider(docker, VM_FACTS)), engine);
  const other = { ...engine, paths: { ...paths, state: join(paths.state, 'other') } };
  await pauseRig(await requireRig(docker, other.paths, 'c'), other);
  t.is(phaseOf(await requireRig(docker, paths, 'c')), 'paused');
  await resumeRig(await requireRig(docker, paths, 'c'), engine);
  t.is(phaseOf(await requireRig(docker, other.paths, 'c')), 'running');
  await writeFile(join(rigFolder(paths, 'c'), 'cluster.json'), '{');
  t.is(phaseOf(await requireRig(docker, paths, 'c')), 'running');
  t.truthy(await readState(paths, 'c'), 'it is made anew');
  await removeState(paths, 'c');
  t.is(phaseOf(await requireRig(docker, paths, 'c')), 'running');
});

test('a record is read only when it is another than the state folder has', async (t) => {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  await up(requestFor(addProvider(docker, VM_FACTS)), engine);
  docker.calls.length = 0;
  await findRig(docker, paths, 'c');
  await findRigs(docker, paths);
  t.false(docker.calls.some(({ method }) => method === 'containers.readFile'));
});

test('a copy of the record of a rig that somebody else removed is no rig', async (t) => {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  await up(requestFor(addProvider(docker, VM_FACTS)), engine);
  await removeRig('c', { ...engine, paths: { ...paths, state: join(paths.state, 'other') } });
  t.truthy(await readState(paths, 'c'));
  t.is(await findRig(docker, paths, 'c'), undefined);
  t.deepEqual(await findRigs(docker, paths), []);
});

test('parts that are missing are errors that say what to type', async (t) => {
  const engine = await makeEngine(t);
  const id = await addNode(engine, 'c');
  const found = await requireRig(engine.docker, engine.paths, 'c');
  t.is(nodeOf(found, 'node01').id, id);
  t.throws(() => nodeOf(found, 'node02'), { code: 'NOT_FOUND', message: /node02/ });
  const error = t.throws(() => requireState(found), { code: 'NOT_FOUND', message: /not started completely/ });
  t.like(error, { hint: 'When nothing is starting it, remove what is left of it: gocli rm --name c' });
  t.is(hostPort(stateOf(), '6443/tcp'), 40002);
  t.throws(() => hostPort(stateOf(), '1/tcp'), { code: 'NOT_FOUND', message: /1\/tcp/ });
});

test('a key that is lost here stays in the record', async (t) => {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  scriptMachines(docker, engine.clock);
  await up(requestFor(addProvider(docker, VM_FACTS)), engine);
  const key = await readSecret(paths, 'c', 'id_ed25519');
  await rm(join(rigFolder(paths, 'c'), 'id_ed25519'));
  await pauseRig(await requireRig(docker, paths, 'c'), engine);
  const other = { ...paths, state: join(paths.state, 'other') };
  await requireRig(docker, other, 'c');
  t.is(await readSecret(other, 'c', 'id_ed25519'), key);
});

test('of a cluster that runs and whose keys are not here one is told who started it', async (t) => {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  const image = addProvider(docker, VM_FACTS);
  let seen: Error | undefined;
  // Another user, while its start is not over, and so nothing is written down for others.
  const bringUp = async (): Promise<Record<string, never>> => {
    const found = await requireRig(docker, { ...paths, state: `${paths.state}-other` }, 'c');
    seen = t.throws(() => requireState(found), { code: 'NOT_FOUND' });
    return {};
  };
  await up(requestFor(image), { ...engine, kinds: [{ ...tinyKind, bringUp }] });
  const { username, uid } = userInfo();
  t.true((seen as unknown as { hint: string }).hint.includes(`${username} (uid ${uid})`));
});
