import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { freeze } from '../../../gocli-ts/src/frozen/freeze.ts';
import { rebake } from '../../../gocli-ts/src/frozen/rebake.ts';
import { pauseMachines, resumeMachines, saveMachines } from '../../../gocli-ts/src/frozen/save.ts';
import { thaw, type SavedState } from '../../../gocli-ts/src/frozen/thaw.ts';
import { Monitor } from '../../../gocli-ts/src/machine/monitor.ts';
import { MACHINE_PATH } from '../../../gocli-ts/src/machine/spec.ts';
import { jsonPeer } from '../../fakes/json-peer.ts';
import { fakeMachines, type FakeMachines } from './machines.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);
const SAVED: SavedState = {
  qemu: '10.0.13',
  capabilities: ['mapped-ram', 'multifd'],
  direct: true,
  machines: ['node01', 'node02'].map((name) => ({
    name,
    bootId: `boot-${name}`,
    file: `/data/${name}.state`,
  })),
};

/** Nothing has to be made ready. */
const ready = (): Promise<void> => Promise.resolve();

/** Places of a command in what all machines were told. */
function placesOf(told: readonly string[], command: string): number[] {
  return told.flatMap((one, at) => (one.endsWith(` ${command}`) ? [at] : []));
}

/** Whether every machine was told the first before any was told the second. */
function before(told: readonly string[], first: string, second: string): boolean {
  return Math.max(...placesOf(told, first)) < Math.min(...placesOf(told, second));
}

test('all machines stand still before the first is saved, and end when all are saved', async (t) => {
  const fake = await fakeMachines(3);
  const frozen = await freeze(fake.machines, fake, never);
  t.true(before(fake.told, 'stop', 'migrate'), fake.told.join(', '));
  t.true(before(fake.told, 'migrate', 'quit'));
  t.deepEqual(frozen.bootIds, ['boot-node01', 'boot-node02', 'boot-node03']);
  t.is(frozen.qemu, '10.0.13');
});

for (const refused of ['node02 migrate', 'node02 migration']) {
  test(`when it cannot be saved (${refused}) all machines go on, and none ends`, async (t) => {
    const fake = await fakeMachines(2);
    fake.refused.add(refused);
    await t.throwsAsync(freeze(fake.machines, fake, never), { code: 'REMOTE_COMMAND' });
    t.is(placesOf(fake.told, 'cont').length, 2);
    t.is(placesOf(fake.told, 'quit').length, 0);
  });
}

test('data is copied while all machines stand still; a snapshot lets them go on, a stop does not', async (t) => {
  for (const goOn of [true, false]) {
    const fake = await fakeMachines(2);
    const meanwhile = (): Promise<void> => {
      fake.told.push('test copy');
      return Promise.resolve();
    };
    const saved = await saveMachines(
      fake.machines,
      { folder: '/data/x', goOn, before: ready, meanwhile },
      fake,
      never,
    );
    t.true(before(fake.told, 'stop', 'copy'));
    if (goOn) t.true(before(fake.told, 'copy', 'cont'));
    t.is(placesOf(fake.told, 'cont').length, goOn ? 2 : 0);
    t.like(saved, {
      capabilities: ['mapped-ram', 'multifd'],
      machines: [{ bootId: 'boot-node01' }, { bootId: 'boot-node02' }],
    });
  }
});

test('nothing stands still, and nothing is saved, before there is a place for it', async (t) => {
  const fake = await fakeMachines(2);
  const place = (): Promise<void> => soon(() => void fake.told.push('test place'));
  await saveMachines(fake.machines, { folder, goOn: false, before: place, meanwhile: ready }, fake, never);
  t.true(before(fake.told, 'place', 'stop'), fake.told.join(', '));
  const second = await fakeMachines(2);
  const saving = saveMachines(
    second.machines,
    { folder, goOn: false, before: full, meanwhile: ready },
    second,
    never,
  );
  await t.throwsAsync(saving, { message: 'disk full' });
  t.deepEqual(placesOf(second.told, 'stop'), []);
});

test('a copy that fails lets the machines go on, also of a cluster that was to be stopped', async (t) => {
  const fake = await fakeMachines(2);
  const meanwhile = (): Promise<void> => Promise.reject(new Error('disk full'));
  const saving = saveMachines(
    fake.machines,
    { folder: '/data/x', goOn: false, before: ready, meanwhile },
    fake,
    never,
  );
  await t.throwsAsync(saving, { message: 'disk full' });
  t.is(placesOf(fake.told, 'cont').length, 2);
});

/** Ends the save of a moment in different ways, and tells how the machines are some time later. */
async function interrupted(
  work: (fake: FakeMachines, stop: AbortController) => Promise<unknown>,
  saveMs = 100_000,
) {
  const fake = await fakeMachines(2);
  fake.saveMs = saveMs;
  const stop = new AbortController();
  const error = await work(fake, stop).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  // Whatever was under way has ended by then.
  fake.clock.advance(200_000);
  const { signal } = new AbortController();
  for (const { container, node } of fake.machines) {
    await using monitor = await Monitor.open(fake.docker, container, node, signal);
    await monitor.execute('query-migrate', {}, signal);
  }
  return { fake, error };
}

const full = (): Promise<void> =>
  soon(() => {
    throw new Error('disk full');
  });
const folder = '/data/x';
/** Real time, since the fake clock runs ahead of whatever is waited for. */
const soon = (work: () => void): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5)).then(work);

test('machines whose freeze is interrupted run, and go on running', async (t) => {
  const { fake, error } = await interrupted(async (machines, stop) => {
    void soon(() => {
      stop.abort(new Error('Ctrl-C'));
    });
    await freeze(machines.machines, machines, stop.signal);
  });
  t.is((error as Error).message, 'Ctrl-C');
  t.deepEqual([...fake.running].toSorted(), ['node01', 'node02'], fake.told.join(', '));
  t.true(before(fake.told, 'migrate_cancel', 'cont'));
});

test('machines whose disks cannot be copied while they are saved go on running', async (t) => {
  const { fake, error } = await interrupted((machines) =>
    saveMachines(machines.machines, { folder, goOn: false, before: ready, meanwhile: full }, machines, never),
  );
  t.is((error as Error).message, 'disk full');
  t.deepEqual([...fake.running].toSorted(), ['node01', 'node02'], fake.told.join(', '));
});

test('a save that is nearly over is left to end, since qemu may not survive that it is cancelled', async (t) => {
  const { fake } = await interrupted(
    (machines) =>
      saveMachines(
        machines.machines,
        { folder, goOn: false, before: ready, meanwhile: full },
        machines,
        never,
      ),
    4000,
  );
  t.is(placesOf(fake.told, 'migrate').length, 2);
  t.is(placesOf(fake.told, 'migrate_cancel').length, 0);
  t.deepEqual([...fake.running].toSorted(), ['node01', 'node02'], fake.told.join(', '));
});

test('when one cannot be saved the others end their saves, and go on running', async (t) => {
  const { fake, error } = await interrupted((machines) => {
    machines.refused.add('node01 migrate');
    return freeze(machines.machines, machines, never);
  });
  t.regex((error as Error).message, /refused migrate/);
  t.deepEqual([...fake.running].toSorted(), ['node01', 'node02'], fake.told.join(', '));
});

test('all but the machine that cannot go on do, and that is said', async (t) => {
  const { fake, error } = await interrupted((machines) => {
    machines.refused.add('node01 cont').add('node02 migration');
    return freeze(machines.machines, machines, never);
  });
  t.regex((error as Error).message, /cannot save the state of node02; after that not all .*refused cont/);
  t.deepEqual([...fake.running], ['node02']);
});

test('the clocks of machines that go on after a failure are set', async (t) => {
  const fake = await fakeMachines(2);
  fake.refused.add('node02 migrate');
  await t.throwsAsync(freeze(fake.machines, fake, never));
  t.is(fake.clocksSet, 2);
});

test('a pause that fails for one machine holds none', async (t) => {
  const fake = await fakeMachines(2);
  fake.refused.add('node02 stop');
  await t.throwsAsync(pauseMachines(fake.machines, fake, never), { code: 'REMOTE_COMMAND' });
  t.deepEqual([...fake.running].toSorted(), ['node01', 'node02']);
});

test('what is half copied is waited for before the failure is told', async (t) => {
  const fake = await fakeMachines(1);
  fake.refused.add('node01 migrate');
  let copied = false;
  const meanwhile = (): Promise<void> =>
    soon(() => {
      t.true(fake.running.has('node01'), 'it does not stand still for that');
      copied = true;
    });
  await t.throwsAsync(
    saveMachines(fake.machines, { folder, goOn: true, before: ready, meanwhile }, fake, never),
  );
  t.true(copied);
});

test('pause stops all, resume lets all go on', async (t) => {
  const fake = await fakeMachines(2);
  t.true((await pauseMachines(fake.machines, fake, never)) >= 0);
  await resumeMachines(fake.machines, fake, never);
  t.deepEqual(fake.told.map((one) => one.replace(/^node0\d /, '')).toSorted(), [
    'cont',
    'cont',
    'stop',
    'stop',
  ]);
});

test('machines are loaded all before the first runs, and one that rebooted meanwhile is told apart', async (t) => {
  const fake = await fakeMachines(2);
  fake.bootIds.set('node02', 'another');
  await using thawed = await thaw(fake.machines, SAVED, fake, never);
  t.true(before(fake.told, 'migrate-incoming', 'cont'));
  await t.throwsAsync(thawed.confirm(never), { code: 'GUEST_DIED', message: /node02 rebooted/ });
});

test('guests that go on are told a script, and nobody waits for its end', async (t) => {
  const fake = await fakeMachines(2);
  await using thawed = await thaw(fake.machines, SAVED, fake, never);
  await thawed.confirm(never);
  await thawed.tell('echo it', never);
  t.deepEqual([...fake.programs].sort(), ['node01 /bin/sh -c echo it', 'node02 /bin/sh -c echo it']);
});

test('state of another qemu is not loaded', async (t) => {
  const fake = await fakeMachines(2);
  await t.throwsAsync(thaw(fake.machines, { ...SAVED, qemu: '9.2.0' }, fake, never), { code: 'CONFLICT' });
  t.is(placesOf(fake.told, 'migrate-incoming').length, 0);
  t.is(placesOf(fake.told, 'cont').length, 0);
});

test('a snapshot becomes a template without running', async (t) => {
  const fake = await fakeMachines(2);
  t.is(await rebake(fake.machines, SAVED, (node) => `/frozen/${node}.state`, fake, never), '10.0.13');
  t.is(placesOf(fake.told, 'cont').length, 0);
  t.is(placesOf(fake.told, 'quit').length, 2);
});

/** Milliseconds that are long enough for fakes that answer at once. */
const SHORT_MS = 200;

/** What hangs keeps no process alive, as a socket would. */
function stayAlive(t: ExecutionContext): void {
  const alive = setTimeout(() => undefined, 60_000);
  t.teardown(() => {
    clearTimeout(alive);
  });
}

test('machines that do not end are named when their time is over', async (t) => {
  stayAlive(t);
  const fake = await fakeMachines(2);
  fake.ignored.add('node02 quit');
  const error = await t.throwsAsync(freeze(fake.machines, fake, never, SHORT_MS), {
    instanceOf: GocliError,
    code: 'TIMEOUT',
    message: 'all machines end: not within 0.2 s',
  });
  t.like(error, { observed: 'last seen: qemu of node01 and node02 is still there' });
});

for (const [command, seen] of [
  ['query-migrate', 'node02: qemu did not say whether it is still saved'],
  ['cont', 'node02: qemu did not let it go on'],
] as const) {
  test(`machines that do not go on are named when their time is over (${command})`, async (t) => {
    stayAlive(t);
    const fake = await fakeMachines(2);
    await pauseMachines(fake.machines, fake, never);
    fake.ignored.add(`node02 ${command}`);
    const error = await t.throwsAsync(resumeMachines(fake.machines, fake, never, SHORT_MS), {
      instanceOf: GocliError,
      code: 'TIMEOUT',
      message: 'all machines go on: not within 0.2 s',
    });
    t.regex(error.observed ?? '', new RegExp(seen));
    t.true(fake.running.has('node01'));
  });
}

test('a guest whose agent does not answer goes on, and is named', async (t) => {
  stayAlive(t);
  const fake = await fakeMachines(1);
  await pauseMachines(fake.machines, fake, never);
  const { onConnect } = fake.docker;
  fake.docker.onConnect = (argv, container) =>
    argv.some((word) => word.includes(MACHINE_PATH.agent))
      ? jsonPeer(() => undefined).near
      : onConnect(argv, container);
  t.deepEqual(await resumeMachines(fake.machines, fake, never, SHORT_MS), ['node01']);
  t.true(fake.running.has('node01'));
});

test('a thaw that fails leaves no socket of a machine open', async (t) => {
  const fake = await fakeMachines(2);
  const { onConnect } = fake.docker;
  const opened: Duplex[] = [];
  fake.docker.onConnect = (argv, container) => {
    const stream = onConnect(argv, container);
    opened.push(stream);
    return stream;
  };
  fake.refused.add('node02 migrate-incoming');
  await t.throwsAsync(thaw(fake.machines, SAVED, fake, never), { code: 'REMOTE_COMMAND' });
  t.is(opened.length, 4);
  t.true(opened.every(({ destroyed }) => destroyed));
});
