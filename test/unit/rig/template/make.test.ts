import { rmSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { listTemplates } from '../../../../gocli-ts/src/frozen/templates.ts';
import { rigFolder } from '../../../../gocli-ts/src/host/paths.ts';
import { findRig } from '../../../../gocli-ts/src/rig/find.ts';
import { removeRig } from '../../../../gocli-ts/src/rig/remove.ts';
import { createSnapshot } from '../../../../gocli-ts/src/rig/snapshot/create.ts';
import { listSnapshots } from '../../../../gocli-ts/src/rig/snapshot/list.ts';
import { readState } from '../../../../gocli-ts/src/rig/state.ts';
import { up } from '../../../../gocli-ts/src/rig/up.ts';
import { estimatedSteps } from '../../../../gocli-ts/src/host/timings.ts';
import type { ContainerSpec } from '../../../../gocli-ts/src/place/interface.ts';
import { requestFor, type Engine } from '../../../helpers/engine.ts';
import { named, notices, scripted, templateVolumes, thawable, type Scripted } from '../scripted.ts';

test('a start hands over a clone of the template that it makes', async (t) => {
  const { engine, start } = await scripted(t);
  await start();
  const [template] = await listTemplates(engine.docker);
  t.is((await readState(engine.paths, 'c'))?.template, template?.id);
  t.truthy((await readState(engine.paths, 'c'))?.readyAt);
  t.is(named(engine).filter((name) => name.endsWith('-holder')).length, 0);
});

/** Fails the making of a keeper, and of nothing else. */
function withoutKeeper({ docker }: Engine): void {
  docker.before = (method, [spec]) => {
    if (method === 'containers.create' && /^gocli-template-[0-9a-f]+$/.test((spec as ContainerSpec).name))
      throw new GocliError('DOCKER', 'no keeper');
  };
}

for (const what of ['measured', 'published']) {
  test(`a Ready cluster whose template cannot be ${what} runs on, on the volume of that`, async (t) => {
    const { engine, start } = await scripted(t);
    if (what === 'published') withoutKeeper(engine);
    else engine.docker.onExec((argv) => (argv.includes('measure') ? { exitCode: 1 } : undefined));
    await start();
    t.regex(notices(engine), /could not be kept: .*gocli template build vm-1/);
    const state = await readState(engine.paths, 'c');
    t.truthy(state?.readyAt);
    t.deepEqual(templateVolumes(engine), [`gocli-template-${state?.template ?? ''}`]);
    t.deepEqual(named(engine), ['c-dnsmasq', 'c-node01', 'c-registry']);
    await removeRig('c', engine);
    t.deepEqual([...engine.docker.volumeStore.keys()], []);
  });
}

for (const [step, template] of [
  ['boot', false],
  ['freeze', true],
] as const) {
  test(`a cluster whose state cannot be written after the step "${step}" runs on`, async (t) => {
    const { engine, machines } = await scripted(t);
    const folder = rigFolder(engine.paths, 'c');
    const failing: Engine = {
      ...engine,
      emit: (event) => {
        engine.emit(event);
        if (event.type !== 'step-end' || event.id !== step) return;
        rmSync(folder, { recursive: true });
        writeFileSync(folder, '');
      },
    };
    const [image] = [...engine.docker.imageStore.values()];
    if (image === undefined) throw new Error('no image');
    const { started, state } = await up(requestFor(image, { template: 'use' }), failing);
    t.true(started);
    t.truthy(state.readyAt);
    t.is(machines.told.includes('node01 stop'), template, 'it is not frozen in vain');
    t.deepEqual([...machines.running], template ? ['node01'] : []);
    t.true(named(engine).includes('c-node01'));
    t.is((await listTemplates(engine.docker)).length, template ? 1 : 0, notices(engine));
    t.regex(notices(engine), template ? /Ready and runs on, but that is not/ : /No template was made/);
  });
}

test('a Ready cluster runs on when older templates cannot be removed', async (t) => {
  const { engine, start } = await scripted(t);
  await start();
  await removeRig('c', engine);
  engine.docker.before = (method, [id]) => {
    const name = engine.docker.containerStore.get(String(id))?.info.name ?? '';
    if (method === 'containers.remove' && /^gocli-template-[0-9a-f]+$/.test(name))
      throw new GocliError('DOCKER', 'no');
  };
  const [image] = [...engine.docker.imageStore.values()];
  if (image === undefined) throw new Error('no image');
  await up(requestFor(image, { template: 'fresh' }), engine);
  t.regex(notices(engine), /could not be tidied up: no\. .*gocli gc/);
  t.truthy((await readState(engine.paths, 'c'))?.readyAt);
});

test('a clone that does not go on is tried once more', async (t) => {
  const { engine, machines, start } = await scripted(t);
  machines.refusedOnce.add('node01 migrate-incoming');
  await start();
  t.regex(notices(engine), /did not go on .*once more/);
  t.truthy((await readState(engine.paths, 'c'))?.readyAt);
  t.deepEqual([...machines.running], ['node01']);
});

test('a clone that never goes on is an error, and leaves nothing', async (t) => {
  const { engine, machines, start } = await scripted(t);
  machines.refused.add('node01 migrate-incoming');
  await t.throwsAsync(start(), { code: 'REMOTE_COMMAND' });
  t.deepEqual(named(engine), []);
  t.deepEqual([...engine.docker.volumeStore.keys()], []);
  t.is(await readState(engine.paths, 'c'), undefined);
});

test('an interrupted boot leaves no volume of a template', async (t) => {
  const { engine, start } = await scripted(t);
  const reason = new GocliError('INTERRUPTED', 'Ctrl-C');
  engine.docker.before = (method) => {
    if (method === 'containers.connect') engine.stop.abort(reason);
  };
  await t.throwsAsync(start(), { is: reason });
  t.deepEqual([...engine.docker.volumeStore.keys()], []);
});

/** A Ready cluster whose freeze went wrong: its disk is in the volume of a template that nobody made. */
async function unmade(t: ExecutionContext): Promise<Scripted> {
  const made = await scripted(t, true);
  made.machines.refusedOnce.add('node01 migrate');
  await made.start();
  t.regex(notices(made.engine), /No template was made/);
  made.machines.told.length = 0;
  return made;
}

/** Disks that are copied, as the shell in a machine's container would find them. */
function copiesOf({ docker }: Engine): string[] {
  return docker.calls.flatMap(({ method, args }) => {
    const [id, argv] = args as [string, string[]];
    if (method !== 'containers.exec' || !String(argv[2]).includes('cp --sparse')) return [];
    const disk = docker.containerStore
      .get(id)
      ?.spec.env?.find((one) => one.startsWith('GOCLI_DISK='))
      ?.slice('GOCLI_DISK='.length);
    return [String(argv[2]).includes('"${GOCLI_DISK:?') ? `${disk ?? ''} ${argv[4] ?? ''}` : String(argv[2])];
  });
}

test('the disk of a cluster whose freeze failed is saved from where it is', async (t) => {
  const { engine } = await unmade(t);
  const found = await findRig(engine.docker, engine.paths, 'c');
  if (found === undefined) throw new Error('no cluster');
  await createSnapshot(
    found,
    { name: 's', kind: 'snapshot' },
    await estimatedSteps(engine, undefined),
    engine,
  );
  const [snapshot] = await listSnapshots(engine.docker, 'c');
  const copy = `/data/snapshots/${snapshot?.record.id ?? ''}/node01.qcow2`;
  t.deepEqual(copiesOf(engine), [`/frozen/node01.qcow2 ${copy}`]);
  t.is(snapshot?.record.state.template, undefined, 'it needs no template');
  t.is(templateVolumes(engine).length, 1, 'the cluster runs on it');
  await removeRig('c', engine);
  t.deepEqual(templateVolumes(engine), []);
});

test('a disk that cannot be saved is an error, and the machines go on', async (t) => {
  const { engine, machines } = await unmade(t);
  engine.docker.onExec((argv) =>
    String(argv[2]).includes('cp --sparse') ? { exitCode: 1, stderr: 'no such file' } : undefined,
  );
  const found = await findRig(engine.docker, engine.paths, 'c');
  if (found === undefined) throw new Error('no cluster');
  const steps = await estimatedSteps(engine, undefined);
  await t.throwsAsync(createSnapshot(found, { name: '.stopped', kind: 'stopped' }, steps, engine), {
    code: 'COMMAND',
  });
  t.deepEqual(await listSnapshots(engine.docker, 'c'), []);
  t.deepEqual([...machines.running], ['node01']);
});

test('a cluster that is saved, but cannot be kept as stopped, goes on', async (t) => {
  const { engine, machines } = await unmade(t);
  engine.docker.before = (method, [spec]) => {
    if (method === 'containers.create' && (spec as ContainerSpec).name.includes('-snapshot-'))
      throw new GocliError('DOCKER', 'no');
  };
  const found = await findRig(engine.docker, engine.paths, 'c');
  if (found === undefined) throw new Error('no cluster');
  const steps = await estimatedSteps(engine, undefined);
  await t.throwsAsync(createSnapshot(found, { name: '.stopped', kind: 'stopped' }, steps, engine), {
    message: 'no',
  });
  t.deepEqual([...machines.running], ['node01']);
});

test('a state that cannot be written leaves no container, however late those are made', async (t) => {
  const { engine, start } = await thawable(t);
  const clusters = join(engine.paths.state, 'clusters');
  engine.docker.before = async (method, [spec]) => {
    if (method !== 'containers.create') return;
    const { name } = spec as ContainerSpec;
    if (name === 'c-node01') await new Promise((resolve) => setTimeout(resolve, 300));
    if (name !== 'c-dnsmasq') return;
    // No folder can be made where a file is.
    await rm(clusters, { recursive: true });
    await writeFile(clusters, '');
  };
  await t.throwsAsync(start());
  await new Promise((resolve) => setTimeout(resolve, 600));
  t.deepEqual(
    named(engine).filter((name) => name.startsWith('c-')),
    [],
  );
});
