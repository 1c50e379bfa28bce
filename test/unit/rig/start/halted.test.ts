import test from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import type { Steps } from '../../../../gocli-ts/src/events/steps.ts';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { findRigs } from '../../../../gocli-ts/src/rig/find.ts';
import type { Thawed } from '../../../../gocli-ts/src/rig/kind.ts';
import { phaseOf } from '../../../../gocli-ts/src/rig/life.ts';
import { readState, removeState } from '../../../../gocli-ts/src/rig/state.ts';
import { stopRig } from '../../../../gocli-ts/src/rig/stop.ts';
import { up } from '../../../../gocli-ts/src/rig/up.ts';
import { allMet } from '../../../../gocli-ts/src/waiting/all-met.ts';
import type { WaitOptions } from '../../../../gocli-ts/src/waiting/condition.ts';
import { addProvider, requestFor, VM_FACTS } from '../../../helpers/engine.ts';
import { scriptDisks } from '../../../helpers/fake-disks.ts';
import { occupy } from '../../../helpers/occupy.ts';
import { prune } from '../../../helpers/prune.ts';
import { makeSaving, start, stepsOf, stop, type Saving } from '../../../helpers/saving.ts';

const RUNNING = ['c-dnsmasq', 'c-node01', 'c-registry'];

/** As after a reboot of the host. */
function halt({ engine: { docker } }: Saving): void {
  for (const id of docker.containerStore.keys()) docker.end(id, 137);
}

const nodes = ({ engine: { docker } }: Saving) =>
  [...docker.containerStore.values()].filter(({ spec }) => spec.labels[LABEL.node] !== undefined);

test('after a reboot of the host a start boots the machines from their disks, on the same ports', async (t) => {
  const saving = await makeSaving(t, { ...VM_FACTS, disk: true });
  const { engine } = saving;
  const before = await readState(engine.paths, 'c');
  halt(saving);
  t.is(await saving.phase(), 'halted');
  const error = await t.throwsAsync(stopRig(await saving.found(), stepsOf(engine), engine), {
    code: 'NOT_READY',
  });
  t.regex((error as unknown as { hint: string }).hint, /gocli start --name c/);
  const state = await start(saving, saving.run('later'));
  t.deepEqual(state.ports, before?.ports);
  t.is(await saving.phase(), 'running');
  t.deepEqual(saving.containers(), RUNNING);
  const [node] = nodes(saving);
  t.true(node?.spec.env?.includes('GOCLI_DISK=/machines/disks/node01.qcow2'));
  t.false(node?.spec.command?.includes('-incoming'));
  t.true(saving.notices().some((text) => text.includes('memory is gone')));
});

test('so it does when the containers are gone, too, even for another HOME', async (t) => {
  for (const forget of [false, true]) {
    const saving = await makeSaving(t);
    const { docker, paths } = saving.engine;
    halt(saving);
    await prune(docker);
    if (forget) await removeState(paths, 'c');
    t.is(await saving.phase(), 'halted');
    t.deepEqual((await findRigs(docker, paths)).map(phaseOf), ['halted']);
    t.deepEqual(saving.containers(), [], 'looking leaves nothing');
    await start(saving, saving.run('later'));
    t.is(await saving.phase(), 'running');
  }
});

test('up does the same with the same plan, and refuses another one', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  halt(saving);
  const image = engine.docker.imageStore.values().next().value ?? addProvider(engine.docker, VM_FACTS);
  await t.throwsAsync(up(requestFor(image, { memory: '512M' }), saving.run('other')), { code: 'CONFLICT' });
  t.is(await saving.phase(), 'halted');
  t.true((await up(requestFor(image), saving.run('later'))).started);
  t.is(await saving.phase(), 'running');
});

test('a boot that fails or is interrupted leaves the disks, and can be repeated', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  halt(saving);
  engine.docker.failNext('containers.connect', new GocliError('GUEST_DIED', 'no'));
  await t.throwsAsync(start(saving, saving.run('failing')), { code: 'GUEST_DIED' });
  t.is(await saving.phase(), 'halted');
  t.deepEqual(saving.containers(), []);
  t.true(saving.notices().some((text) => text.includes('gocli start --name c')));
  t.true(engine.docker.volumeStore.has('c-machines'));
  await start(saving, saving.run('later'));
  t.is(await saving.phase(), 'running');
});

test('a damaged disk is named before anything is changed', async (t) => {
  const saving = await makeSaving(t, { ...VM_FACTS, disk: true });
  halt(saving);
  saving.engine.docker.onExec((argv) =>
    argv.some((word) => word.includes('qemu-img check'))
      ? { exitCode: 5, stdout: '/machines/disks/node01.qcow2: corrupt' }
      : undefined,
  );
  const error = await t.throwsAsync(start(saving, saving.run('later')), { code: 'COMMAND' });
  t.regex((error as unknown as { observed: string }).observed, /node01/);
  t.is(await saving.phase(), 'halted');
  t.deepEqual(saving.containers(), RUNNING);
});

test('one machine that ended is booted by start, while up says what is wrong', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  engine.docker.end(nodes(saving)[0]?.info.id ?? '', 1);
  t.is(await saving.phase(), 'broken');
  // The network container runs, and the daemon listens for it.
  const before = (await saving.found()).state?.ports;
  await occupy(t, before?.['5000/tcp'] ?? 0);
  t.deepEqual((await start(saving, saving.run('later'))).ports, before);
  t.is(await saving.phase(), 'running');
});

test('what the machines wrote to their disks is there when they boot again, pruned or not', async (t) => {
  for (const pruned of [false, true]) {
    const saving = await makeSaving(t, { ...VM_FACTS, disk: true });
    const { docker } = saving.engine;
    scriptDisks(docker);
    const disk = '/machines/disks/node01.qcow2';
    docker.write(nodes(saving)[0]?.info.id ?? '', disk, 'etcd');
    halt(saving);
    if (pruned) await prune(docker);
    await start(saving, saving.run('later'));
    t.is(docker.read(nodes(saving)[0]?.info.id ?? '', disk), 'etcd');
  }
});

test('a disk that is gone is named, and no empty one takes its place', async (t) => {
  const saving = await makeSaving(t, { ...VM_FACTS, disk: true });
  const { docker } = saving.engine;
  scriptDisks(docker);
  docker.erase(nodes(saving)[0]?.info.id ?? '', '/machines/disks/node01.qcow2');
  halt(saving);
  const error = await t.throwsAsync(start(saving, saving.run('later')), { code: 'NOT_FOUND' });
  t.regex((error as unknown as { observed: string }).observed, /node01\.qcow2 is not there/);
  t.is(docker.read(nodes(saving)[0]?.info.id ?? '', '/machines/disks/node01.qcow2'), undefined);
});

test('what a kind can only presume counts as Ready, and is told once with what would let it be known', async (t) => {
  const observation = {
    met: true,
    presumed: { why: 'the webhook "x" refuses it', state: '', hint: 'kubectl delete x' },
  } as const;
  const conditions = ['the DNS answers', 'the node is Ready'].map((name) => ({
    name,
    check: () => Promise.resolve(observation),
  }));
  const said =
    'c counts as Ready, but this cannot be known now: the DNS answers; the node is Ready; since the webhook "x" refuses it. kubectl delete x';
  for (const end of [halt, stop]) {
    const saving = await makeSaving(t);
    const kinds = saving.engine.kinds.map((kind) => ({
      ...kind,
      proof: () => Promise.resolve({ conditions, [Symbol.dispose]: () => undefined }),
      afterThaw: async (_: Thawed, steps: Steps, options: WaitOptions) => allMet(conditions, steps, options),
    }));
    await end(saving);
    await start(saving, saving.run('later', { kinds }));
    t.is(await saving.phase(), 'running');
    t.deepEqual(
      saving.notices().filter((text) => text === said),
      [said],
    );
  }
});
