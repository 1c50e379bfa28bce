import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { requireRig, requireState } from '../../../../gocli-ts/src/rig/find.ts';
import type { FoundRig } from '../../../../gocli-ts/src/rig/life.ts';
import { startHalted } from '../../../../gocli-ts/src/rig/start/halted.ts';
import { requireNear, requireNearby } from '../../../../gocli-ts/src/rig/start/reach.ts';
import { writeState } from '../../../../gocli-ts/src/rig/state.ts';
import { rigStatus } from '../../../../gocli-ts/src/rig/status.ts';
import { up } from '../../../../gocli-ts/src/rig/up.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import {
  addProvider,
  makeEngine,
  requestFor,
  stateOf,
  unready,
  VM_FACTS,
  type Engine,
} from '../../../helpers/engine.ts';
import { makeSaving, stepsOf } from '../../../helpers/saving.ts';

/** An address of documentation (RFC 5737), which no host has. */
const FOREIGN = { subnets: ['203.0.113.0/24'], gateway: '203.0.113.1' };
/** What a process in another network namespace sees of a daemon. */
const ELSEWHERE = { bridge: FOREIGN, isHere: false };
const REFUSED = { code: 'DOCKER_UNSUPPORTED', message: /not in the network of the Docker host/ } as const;

/** A rig "c" that is fine, and of which nothing is reached: every published port is one at which nobody listens. */
async function unreached(t: ExecutionContext): Promise<{ engine: Engine; again: () => Promise<unknown> }> {
  const engine = await makeEngine(t);
  const request = requestFor(addProvider(engine.docker, VM_FACTS));
  await up(request, engine);
  const conditions = [
    { name: 'ssh of node01 answers', check: () => Promise.reject(new Error('ECONNREFUSED')) },
  ];
  const kinds = engine.kinds.map((kind) => ({
    ...kind,
    proof: () => Promise.resolve({ conditions, [Symbol.dispose]: () => undefined }),
  }));
  const changed = { ...engine, kinds };
  return { engine: changed, again: () => up(request, changed) };
}

const running = ({ docker }: Engine): number =>
  [...docker.containerStore.values()].filter(({ info }) => info.state === 'running').length;

test('a process in another network than the daemon is known by address and socket, without a container', async (t) => {
  const { about } = new FakeDocker();
  const error = await t.throwsAsync(requireNear({ ...about, ...ELSEWHERE }), { instanceOf: GocliError });
  t.is(error.code, REFUSED.code);
  t.regex(error.message, REFUSED.message);
  t.regex(error.observed ?? '', /203\.0\.113\.1.*socket was made in another network/);
  t.regex(error.hint ?? '', /--network host/);
  for (const [changed, here] of [
    [{}, true],
    // A bridge of the same address, as a container with a daemon of its own has.
    [{ isHere: false }, false],
    [{ isHere: undefined, bridge: FOREIGN }, false],
    [{ isHere: true, bridge: FOREIGN }, false],
    [{ hostName: 'elsewhere' }, false],
    // Podman's is there only while a container runs.
    [{ isHere: false, bridge: { ...FOREIGN, lasts: false } }, false],
    [{ bridge: { subnets: ['fd00::/64'] } }, false],
    [{ bridge: undefined }, false],
  ] as const)
    t.is((await requireNear({ ...about, ...changed })).here, here, JSON.stringify(changed));
});

test('where the socket was made here, as nearly always, the daemon is asked nothing for it', async (t) => {
  const docker = new FakeDocker();
  for (const isHere of [true, undefined]) {
    docker.about = { ...docker.about, bridge: FOREIGN, isHere };
    await requireNearby(docker);
  }
  t.deepEqual(docker.calls, []);
  docker.about = { ...docker.about, isHere: false };
  await t.throwsAsync(requireNearby(docker), REFUSED);
});

test('nobody is told to give up a rig that only looks broken from where he is', async (t) => {
  const { engine, again } = await unreached(t);
  const { docker } = engine;
  const here = docker.about;
  const told = await t.throwsAsync(again(), { instanceOf: GocliError });
  t.regex(told.hint ?? '', /docker kill/, 'where it is reached that is right');
  const found = await requireRig(docker, engine.paths, 'c');
  t.false((await rigStatus(found, engine)).ready);
  for (const changed of [ELSEWHERE, { hostName: 'elsewhere' }]) {
    docker.about = { ...here, ...changed };
    docker.hostPortOf = () => 1;
    const error = await t.throwsAsync(again(), { instanceOf: GocliError });
    t.is(error.code, REFUSED.code);
    t.notRegex(error.hint ?? '', /docker kill|gocli rm/);
  }
  docker.about = { ...here, ...ELSEWHERE };
  await t.throwsAsync(rigStatus(found, engine), REFUSED);
  t.is(running(engine), 3);
});

test('of a rig that was never Ready, too', async (t) => {
  const engine = await makeEngine(t);
  const request = requestFor(addProvider(engine.docker, VM_FACTS), { name: 'd' });
  await writeState(engine.paths, unready(stateOf({ name: 'd' })));
  const told = await t.throwsAsync(up(request, engine), { instanceOf: GocliError });
  t.regex(told.hint ?? '', /gocli rm --name d/);
  engine.docker.about = { ...engine.docker.about, ...ELSEWHERE };
  await t.throwsAsync(up(request, engine), REFUSED);
});

test('what is seen without a published port is told everywhere', async (t) => {
  const { engine } = await unreached(t);
  const { docker } = engine;
  const [node] = await docker.containers.list({ [LABEL.node]: 'node01' });
  docker.end(node?.id ?? '', 1);
  docker.about = { ...docker.about, ...ELSEWHERE };
  const found = await requireRig(docker, engine.paths, 'c');
  const { conditions } = await rigStatus(found, engine);
  t.is(conditions.find(({ met }) => !met)?.observed, 'exited');
});

test('machines that were to go on as clones stay where they could not be booted from here', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  const found = await saving.found();
  const cloning: FoundRig = {
    ...found,
    state: { ...requireState(found), template: 't', building: 't' },
  };
  engine.docker.about = { ...engine.docker.about, ...ELSEWHERE };
  const request = { timeoutMs: 5000, pinnedPorts: {} };
  const deps = saving.run('later');
  await t.throwsAsync(startHalted(cloning, request, stepsOf(deps), deps), REFUSED);
  t.is(running(engine), 3);
});
