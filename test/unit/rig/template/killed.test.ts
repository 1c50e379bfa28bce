import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { requireRig } from '../../../../gocli-ts/src/rig/find.ts';
import { phaseOf } from '../../../../gocli-ts/src/rig/life.ts';
import { readState } from '../../../../gocli-ts/src/rig/state.ts';
import { startStopped } from '../../../../gocli-ts/src/rig/start/stopped.ts';
import { stopRig } from '../../../../gocli-ts/src/rig/stop.ts';
import { scriptDisks } from '../../../helpers/fake-disks.ts';
import type { Engine } from '../../../helpers/engine.ts';
import { stepsOf } from '../../../helpers/saving.ts';
import { scripted } from '../scripted.ts';

/** A cold start with a template that is killed at the n-th request to the daemon after the machines were frozen. */
async function killedAt(t: ExecutionContext, n: number): Promise<{ engine: Engine; killed: boolean }> {
  const { engine, start, machines } = await scripted(t, true);
  const { docker } = engine;
  scriptDisks(docker);
  let left = n;
  docker.before = () => {
    if (!machines.told.includes('node01 quit')) return;
    left -= 1;
    if (left < 0) throw new Error('killed');
  };
  await start().catch(() => undefined);
  docker.before = () => undefined;
  return { engine, killed: left < 0 };
}

const nodeOf = ({ docker }: Engine) =>
  [...docker.containerStore.values()].find(({ spec }) => spec.labels[LABEL.node] !== undefined);

const diskOf = (engine: Engine): string => {
  const node = nodeOf(engine);
  const disk = node?.spec.env?.find((one) => one.startsWith('GOCLI_DISK='))?.slice('GOCLI_DISK='.length);
  return `${disk ?? ''}: ${engine.docker.read(node?.info.id ?? '', disk ?? '') ?? 'nothing'}`;
};

/** Where the disk of the cluster may lie, and over what. */
const DISKS = [
  '/frozen/node01.qcow2: over /image/disk.qcow2',
  '/machines/disks/node01.qcow2: over /frozen/node01.qcow2',
];

test('a cluster that is killed while it becomes a clone of its template is booted from its disk', async (t) => {
  const seen = new Set<string>();
  for (let n = 0; ; n += 1) {
    const { engine, killed } = await killedAt(t, n);
    if (!killed) break;
    const own = { ...engine, run: 'later' };
    const found = await requireRig(engine.docker, engine.paths, 'c');
    const at = `killed at request ${n}, ${phaseOf(found)}`;
    // The clone was seen Ready.
    if (phaseOf(found) === 'running') continue;
    await startStopped(found, { timeoutMs: 5000, pinnedPorts: {} }, stepsOf(own), own);
    const again = await requireRig(engine.docker, engine.paths, 'c');
    t.is(phaseOf(again), 'running', at);
    t.true(DISKS.includes(diskOf(engine)), `${at}: ${diskOf(engine)}`);
    seen.add(diskOf(engine));
    const state = await readState(engine.paths, 'c');
    t.false(state?.building !== undefined && state.template !== undefined, at);
    // And once more, as after a reboot of the host.
    for (const id of engine.docker.containerStore.keys()) engine.docker.end(id, 137);
    const halted = await requireRig(engine.docker, engine.paths, 'c');
    const third = { ...engine, run: 'third' };
    await startStopped(halted, { timeoutMs: 5000, pinnedPorts: {} }, stepsOf(third), third);
  }
  t.deepEqual([...seen].sort(), DISKS);
});

test('one whose clone runs is saved by a stop; one whose clone was never loaded says how it goes on', async (t) => {
  let saved = 0;
  let refused = 0;
  for (let n = 0; ; n += 1) {
    const { engine, killed } = await killedAt(t, n);
    if (!killed) break;
    const found = await requireRig(engine.docker, engine.paths, 'c');
    if (phaseOf(found) !== 'starting') continue;
    const own = { ...engine, run: 'later' };
    const error = await stopRig(found, stepsOf(own), own).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (error === undefined) {
      saved += 1;
      t.is(phaseOf(await requireRig(engine.docker, engine.paths, 'c')), 'stopped');
      continue;
    }
    refused += 1;
    t.like(error, { code: 'NOT_READY', hint: 'Boot its machines from their disks: gocli start --name c' });
  }
  t.true(saved > 0);
  t.true(refused > 0);
});
