import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { createSnapshot } from '../../../../gocli-ts/src/rig/snapshot/create.ts';
import { requireSnapshot } from '../../../../gocli-ts/src/rig/snapshot/require.ts';
import { restoreSnapshot } from '../../../../gocli-ts/src/rig/snapshot/restore.ts';
import { readState } from '../../../../gocli-ts/src/rig/state.ts';
import { up } from '../../../../gocli-ts/src/rig/up.ts';
import { readRunOptions } from '../../../../gocli-ts/src/api/options.ts';
import type { PortHolder } from '../../../fakes/port-error.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS, type Engine } from '../../../helpers/engine.ts';
import { makeSaving, start, stepsOf, stop, type Saving } from '../../../helpers/saving.ts';
import { thawable } from '../scripted.ts';

/** Somebody takes a host port of each of so many network containers just before it starts; the list of them. */
function snatch(
  { docker }: Engine,
  times = 1,
  holder: PortHolder = 'process',
  containerPort = 5901,
): number[] {
  const { before } = docker;
  const taken: number[] = [];
  docker.before = async (method, args) => {
    await before(method, args);
    if (method !== 'containers.start' || taken.length >= times) return;
    const { ports = [] } = docker.containerStore.get(String(args[0]))?.spec ?? {};
    const port = ports.find((one) => one.containerPort === containerPort)?.hostPort;
    if (port === undefined) return;
    docker.takenPorts.set(port, holder);
    taken.push(port);
  };
  return taken;
}

const publishedBy = ({ docker }: Engine): Record<string, number> => {
  const network = [...docker.containerStore.values()].find(
    ({ info }) => info.labels[LABEL.role] === 'dnsmasq' && info.state === 'running',
  );
  const ports = network?.info.ports ?? [];
  return Object.fromEntries(
    ports.map(({ containerPort, protocol, hostPort }) => [`${containerPort}/${protocol}`, hostPort]),
  );
};

/** That the rig runs on the ports that are written down, and on none that was taken. */
async function boundAsWritten(t: ExecutionContext, engine: Engine, taken: readonly number[]): Promise<void> {
  t.is(taken.length, 1);
  const { ports = {} } = (await readState(engine.paths, 'c')) ?? {};
  t.deepEqual(ports, publishedBy(engine));
  for (const port of taken) t.false(Object.values(ports).includes(port));
  const nodes = [...engine.docker.containerStore.values()].filter(({ info }) => info.labels[LABEL.node]);
  const network = [...engine.docker.containerStore.values()].find(({ info }) => info.name === 'c-dnsmasq');
  t.deepEqual(
    nodes.map(({ spec }) => spec.network),
    [`container:${network?.info.id ?? ''}`],
  );
}

for (const [holder, version] of [
  ['process', '20.10.24'],
  ['container', '20.10.24'],
  ['process', '28.0.4'],
  ['container', '28.0.4'],
] as const) {
  test(`a cold start chooses again when a ${holder} took a port (${version})`, async (t) => {
    const engine = await makeEngine(t);
    engine.docker.about = { ...engine.docker.about, version };
    const image = addProvider(engine.docker, VM_FACTS);
    const taken = snatch(engine, 1, holder);
    const { state } = await up(requestFor(image), engine);
    await boundAsWritten(t, engine, taken);
    t.deepEqual(state.ports, publishedBy(engine));
  });
}

test('so does a thaw, which stays one', async (t) => {
  const { engine, start: again, template } = await thawable(t);
  const taken = snatch(engine);
  await again();
  await boundAsWritten(t, engine, taken);
  t.is((await readState(engine.paths, 'c'))?.template, template);
});

const KEPT = { name: 'kept', kind: 'snapshot' } as const;

/** What brings a rig back that there was. */
const comebacks: Record<string, (saving: Saving) => Promise<() => Promise<unknown>>> = {
  'the start of a stopped cluster': async (saving) => {
    await stop(saving);
    return () => start(saving, saving.run('later'));
  },
  'the start of a halted one': (saving) => {
    const { docker } = saving.engine;
    for (const id of docker.containerStore.keys()) docker.end(id, 137);
    return Promise.resolve(() => start(saving, saving.run('later')));
  },
  'a restore': async (saving) => {
    const { engine } = saving;
    await createSnapshot(await saving.found(), KEPT, stepsOf(engine), engine);
    const snapshot = await requireSnapshot(engine.docker, 'kept');
    const deps = saving.run('later');
    return () => restoreSnapshot(snapshot, { timeoutMs: 5000, pinnedPorts: {} }, stepsOf(deps), deps);
  },
};

for (const [what, prepare] of Object.entries(comebacks)) {
  test(`so does ${what}, and says which`, async (t) => {
    const saving = await makeSaving(t);
    const comeBack = await prepare(saving);
    const taken = snatch(saving.engine);
    await comeBack();
    await boundAsWritten(t, saving.engine, taken);
    t.is(await saving.phase(), 'running');
    const said = `Host port ${taken[0] ?? 0} is taken: 5901/tcp of c is on port `;
    t.true(saving.notices().some((text) => text.startsWith(said)));
  });
}

test('ports that are free keep their numbers when another is taken', async (t) => {
  const saving = await makeSaving(t);
  const before = (await saving.found()).state?.ports ?? {};
  await stop(saving);
  // Only when it is about to start, and then for good.
  const { docker } = saving.engine;
  const server = createServer();
  t.teardown(() => server.close());
  docker.before = async (method) => {
    if (method !== 'containers.start' || server.listening) return;
    await new Promise<void>((resolve) => server.listen(before['5901/tcp'], '127.0.0.1', resolve));
    docker.takenPorts.set(before['5901/tcp'] ?? 0, 'process');
  };
  const { ports } = await start(saving, saving.run('later'));
  t.not(ports['5901/tcp'], before['5901/tcp']);
  t.deepEqual({ ...ports, '5901/tcp': 0 }, { ...before, '5901/tcp': 0 });
});

test('a port that was asked for is an error that names its flag, and leaves nothing', async (t) => {
  for (const isSeen of [true, false]) {
    const engine = await makeEngine(t);
    const image = addProvider(engine.docker, VM_FACTS);
    const server = createServer();
    t.teardown(() => server.close());
    const asked = 20_000 + Math.floor(Math.random() * 9_000);
    engine.docker.before = async (method) => {
      if (method !== 'containers.start') return;
      engine.docker.takenPorts.set(asked, 'process');
      if (isSeen && !server.listening)
        await new Promise<void>((resolve) => server.listen(asked, '127.0.0.1', resolve));
    };
    const request = requestFor(image);
    const values = { ...readRunOptions({ name: 'c', vncPort: asked }, {}, false), name: 'c' };
    const error = await t.throwsAsync(up({ ...request, values }, engine), { code: 'PORT_TAKEN' });
    t.regex((error as unknown as { hint: string }).hint, /--vnc-port PORT/);
    t.deepEqual([...engine.docker.containerStore.keys()], []);
  }
});

test('what takes every port is an error after some tries', async (t) => {
  const engine = await makeEngine(t);
  const image = addProvider(engine.docker, VM_FACTS);
  const taken = snatch(engine, 100);
  await t.throwsAsync(up(requestFor(image), engine), { code: 'PORT_TAKEN' });
  t.is(taken.length, 4);
  t.deepEqual([...engine.docker.containerStore.keys()], []);
});
