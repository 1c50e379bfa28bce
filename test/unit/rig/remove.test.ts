import test from 'ava';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { stateNames, writeState } from '../../../gocli-ts/src/rig/state.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import type { ContainerSpec, Labels } from '../../../gocli-ts/src/place/interface.ts';
import type { FakeDocker } from '../../fakes/docker.ts';
import { makeEngine, stateOf } from '../../helpers/engine.ts';
import { makeSaving } from '../../helpers/saving.ts';
import { thawable } from './scripted.ts';

/** Containers and a volume as a start makes them. */
async function addCluster(docker: FakeDocker, name: string, run: string): Promise<void> {
  docker.addImage('image');
  for (const role of ['dnsmasq', 'registry', 'node']) {
    const labels = { [LABEL.cluster]: name, [LABEL.role]: role, [LABEL.run]: run };
    const mounts =
      role === 'registry' ? [{ type: 'volume' as const, source: `${name}-registry`, target: '/r' }] : [];
    const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
    await docker.containers.create({ name: `${name}-${role}`, image: 'image', labels, mounts, ...isolated });
  }
  await docker.volumes.create(`${name}-registry`, { [LABEL.cluster]: name, [LABEL.run]: run });
}

const names = (docker: FakeDocker): string[] =>
  [...docker.containerStore.values()].map(({ info }) => info.name);

test('containers, volume and state of one cluster go, and nothing of another whose name begins alike', async (t) => {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  await addCluster(docker, 'c', 'r1');
  await addCluster(docker, 'c-2', 'r2');
  await writeState(paths, stateOf());
  await writeState(paths, stateOf({ name: 'c-2' }));
  t.like(await removeRig('c', engine), { containers: 3, volumes: 1, state: true });
  t.deepEqual(names(docker), ['c-2-dnsmasq', 'c-2-registry', 'c-2-node']);
  t.deepEqual([...docker.volumeStore.keys()], ['c-2-registry']);
  t.deepEqual(await stateNames(paths), ['c-2']);
});

test('removing what is not there is no error', async (t) => {
  const engine = await makeEngine(t);
  t.like(await removeRig('c', engine), { containers: 0, volumes: 0, state: false });
});

/** Counts how often requests are made one after the other: those that are under way together count once. */
async function roundsOf(docker: FakeDocker, work: () => Promise<unknown>): Promise<number> {
  let rounds = 0;
  let pending = 0;
  docker.before = async () => {
    if (pending === 0) rounds += 1;
    pending += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    pending -= 1;
  };
  await work();
  docker.before = () => undefined;
  return rounds;
}

test('a removal asks for nothing twice, and for what it can at once', async (t) => {
  const { engine } = await makeSaving(t);
  t.is(await roundsOf(engine.docker, () => removeRig('c', engine)), 6);
});

test('whether the volume of a new cluster is there already is asked while its name is claimed', async (t) => {
  const { engine, start } = await thawable(t);
  let claiming = false;
  const asked: boolean[] = [];
  engine.docker.before = async (method, [argument]) => {
    if (method === 'volumes.list' && (argument as Labels)[LABEL.cluster] === 'c') asked.push(claiming);
    if (method !== 'containers.create' || (argument as ContainerSpec).name !== 'c-dnsmasq') return;
    claiming = true;
    await new Promise((resolve) => setTimeout(resolve, 20));
    claiming = false;
  };
  await start();
  t.true(asked.includes(true));
});
