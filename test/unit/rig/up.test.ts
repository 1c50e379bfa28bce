import { mkdirSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { requireRig } from '../../../gocli-ts/src/rig/find.ts';
import { phaseOf } from '../../../gocli-ts/src/rig/life.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { readSecret, readState, stateNames, writeState } from '../../../gocli-ts/src/rig/state.ts';
import { rigFolder } from '../../../gocli-ts/src/host/paths.ts';
import { planRig } from '../../../gocli-ts/src/rig/make-plan.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import {
  addProvider,
  K8S_FACTS,
  makeEngine,
  requestFor,
  stateOf,
  unready,
  VM_FACTS,
  type Engine,
} from '../../helpers/engine.ts';

const containers = ({ docker }: Engine): string[] =>
  [...docker.containerStore.values()].map(({ info }) => info.name).sort();
const volumes = ({ docker }: Engine): string[] => [...docker.volumeStore.keys()].sort();
const notices = ({ events }: Engine): string[] =>
  events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));

/** A cluster of somebody else, which no start may touch. */
async function withNeighbour(t: ExecutionContext): Promise<Engine> {
  const engine = await makeEngine(t);
  const image = addProvider(engine.docker, VM_FACTS);
  await up(requestFor(image, { name: 'c-2' }), engine);
  // A real one would hold its ports, so that the kernel did not give them to the next start.
  for (const container of engine.docker.containerStore.values())
    container.info = { ...container.info, ports: [] };
  engine.events.length = 0;
  return engine;
}

const NEIGHBOUR = ['c-2-dnsmasq', 'c-2-node01', 'c-2-registry'];

async function untouched(t: ExecutionContext, engine: Engine): Promise<void> {
  t.deepEqual(containers(engine), NEIGHBOUR);
  t.deepEqual(volumes(engine), ['c-2-data', 'c-2-machines']);
  t.deepEqual(await stateNames(engine.paths), ['c-2']);
}

function image(engine: Engine) {
  const [found] = [...engine.docker.imageStore.values()];
  if (found === undefined) throw new Error('no image was added');
  return found;
}

test('a start makes network, registry and nodes, and remembers what labels cannot hold', async (t) => {
  const engine = await makeEngine(t);
  const vm = addProvider(engine.docker, VM_FACTS);
  const result = await up(requestFor(vm, { nodes: 2 }), engine);
  t.true(result.started);
  t.deepEqual(
    result.timings.map(({ id }) => id),
    ['prepare', 'containers', 'boot'],
  );
  t.deepEqual(containers(engine), ['c-dnsmasq', 'c-node01', 'c-node02', 'c-registry']);
  t.true([...engine.docker.containerStore.values()].every(({ info }) => info.state === 'running'));
  t.deepEqual(volumes(engine), ['c-data', 'c-machines']);
  const state = await readState(engine.paths, 'c');
  t.like(state, { name: 'c', accelerator: 'tcg' });
  t.truthy(state?.readyAt);
  t.regex(await readSecret(engine.paths, 'c', 'id_ed25519'), /PRIVATE KEY/);
  t.like(await removeRig('c', engine), { containers: 4, volumes: 2, state: true });
});

test('the published ports are those of the state', async (t) => {
  const engine = await makeEngine(t);
  await up(requestFor(addProvider(engine.docker, VM_FACTS)), engine);
  const [owner] = await engine.docker.containers.list({ [LABEL.role]: 'dnsmasq' });
  const published = owner?.ports.map(({ containerPort, protocol, hostPort }) => [
    `${containerPort}/${protocol}`,
    hostPort,
  ]);
  t.deepEqual(Object.fromEntries(published ?? []), (await readState(engine.paths, 'c'))?.ports);
});

test('the network has its files before it starts, and the others join it after', async (t) => {
  const engine = await makeEngine(t);
  await up(requestFor(addProvider(engine.docker, VM_FACTS)), engine);
  const order = engine.docker.calls.flatMap(({ method, args }) => {
    if (method === 'containers.create') return [`create ${(args[0] as { name: string }).name}`];
    if (method === 'containers.start')
      return [`start ${engine.docker.containerStore.get(String(args[0]))?.info.name ?? ''}`];
    return method === 'containers.putFiles' ? ['files'] : [];
  });
  const at = (step: string): number => order.indexOf(step);
  t.true(at('create c-dnsmasq') < at('files') && at('files') < at('start c-dnsmasq'));
  t.true(at('start c-dnsmasq') < at('start c-node01') && at('start c-dnsmasq') < at('start c-registry'));
});

for (const method of [
  'containers.create',
  'containers.start',
  'containers.putFiles',
  'containers.connect',
] as const) {
  test(`when ${method} fails, everything of this run goes and nothing else`, async (t) => {
    const engine = await withNeighbour(t);
    const error = new GocliError('DOCKER', 'no');
    engine.docker.failNext(method, error);
    await t.throwsAsync(up(requestFor(image(engine)), engine), { is: error });
    await untouched(t, engine);
  });
}

test('when one of the containers made side by side fails, the others are waited for and go too', async (t) => {
  const engine = await withNeighbour(t);
  engine.docker.before = async (method, [spec]) => {
    if (method !== 'containers.create') return;
    const { name } = spec as { name: string };
    if (name === 'c-registry') throw new GocliError('DOCKER', 'no');
    if (name === 'c-node01') await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await t.throwsAsync(up(requestFor(image(engine)), engine), { code: 'DOCKER' });
  await untouched(t, engine);
});

test('a machine that ends fails the start at once, with evidence kept and secrets masked', async (t) => {
  const engine = await withNeighbour(t);
  engine.docker.onConnect = (_argv, { id }) => {
    const container = engine.docker.containerStore.get(id);
    if (container !== undefined) container.log = 'kernel panic\npassword=hunter22\n';
    engine.docker.end(id, 1);
    throw new GocliError('DOCKER', 'the container is not running');
  };
  const error = await t.throwsAsync(up(requestFor(image(engine)), engine));
  t.truthy(error);
  await untouched(t, engine);
  const [folder = ''] = await readdir(join(engine.paths.state, 'failed'));
  t.regex(folder, /^c-[0-9a-f]{8}$/);
  t.deepEqual((await readdir(join(engine.paths.state, 'failed', folder))).sort(), [
    'c-dnsmasq.log',
    'c-node01.log',
    'c-registry.log',
  ]);
  t.true(notices(engine).some((text) => text.includes(folder)));
});

test('an agent that never answers is a timeout that names the node', async (t) => {
  const engine = await withNeighbour(t);
  engine.docker.onConnect = () =>
    new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => {
        done();
      },
    });
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => {
    clearInterval(alive);
  });
  await t.throwsAsync(up(requestFor(image(engine), { timeoutMs: 100 }), engine), {
    code: 'TIMEOUT',
    message: /node01.*0\.1 s/,
  });
  await untouched(t, engine);
});

test('what is to be kept on failure stays, and the user is told how it goes', async (t) => {
  const engine = await withNeighbour(t);
  engine.docker.failNext('containers.connect', new GocliError('DOCKER', 'no'));
  await t.throwsAsync(up(requestFor(image(engine), { keepOnFailure: true }), engine), { code: 'DOCKER' });
  t.deepEqual(containers(engine), [...NEIGHBOUR, 'c-dnsmasq', 'c-node01', 'c-registry']);
  t.truthy(await readState(engine.paths, 'c'));
  t.true(notices(engine).some((text) => text.includes('gocli rm --name c')));
  await removeRig('c', engine);
  await untouched(t, engine);
});

for (const method of [
  'containers.create',
  'containers.start',
  'containers.putFiles',
  'containers.connect',
] as const) {
  test(`Ctrl-C during ${method} ends the start with its reason and leaves nothing`, async (t) => {
    const engine = await withNeighbour(t);
    const reason = new GocliError('INTERRUPTED', 'interrupted by SIGINT');
    engine.docker.before = (called) => {
      if (called === method) engine.stop.abort(reason);
    };
    await t.throwsAsync(up(requestFor(image(engine)), engine), { is: reason });
    await untouched(t, engine);
  });
}

test('a clean-up that fails does not hide why the start failed', async (t) => {
  const engine = await withNeighbour(t);
  const error = new GocliError('DISK_FULL', 'full');
  engine.docker
    .failNext('containers.start', error)
    .failNext('containers.remove', new GocliError('DOCKER', 'gone away'));
  await t.throwsAsync(up(requestFor(image(engine)), engine), { is: error });
  t.true(notices(engine).some((text) => text.includes('gone away') && text.includes('gocli rm --name c')));
});

test('of two starts at once one wins, and the other leaves its cluster alone', async (t) => {
  const engine = await makeEngine(t);
  const request = requestFor(addProvider(engine.docker, VM_FACTS));
  const results = await Promise.allSettled([
    up(request, engine),
    up(request, { ...engine, run: '4567cdef' }),
  ]);
  t.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  t.deepEqual(containers(engine), ['c-dnsmasq', 'c-node01', 'c-registry']);
  t.deepEqual(volumes(engine), ['c-data', 'c-machines']);
  t.truthy((await readState(engine.paths, 'c'))?.readyAt);
  t.false((await up(request, engine)).started);
});

test('a healthy cluster of the same plan is left as it is', async (t) => {
  const engine = await makeEngine(t);
  const request = requestFor(addProvider(engine.docker, VM_FACTS));
  const first = await up(request, engine);
  engine.docker.calls.length = 0;
  const second = await up(request, engine);
  t.false(second.started);
  t.is(second.state.run, first.state.run);
  t.false(engine.docker.calls.some(({ method }) => /create|remove|start/.test(method)));
});

test('another plan is a conflict that says what differs', async (t) => {
  const engine = await makeEngine(t);
  const vm = addProvider(engine.docker, VM_FACTS);
  await up(requestFor(vm), engine);
  const error = await t.throwsAsync(up(requestFor(vm, { cpu: 2 }), engine), { code: 'CONFLICT' });
  t.like(error, { observed: 'vCPUs per node: 1 runs, 2 is asked for', exitCode: 5 });
  t.is(containers(engine).length, 3);
});

test('a state that cannot be written is an error before anything is made', async (t) => {
  const engine = await makeEngine(t);
  const vm = addProvider(engine.docker, VM_FACTS);
  const nowhere = { ...engine, paths: { ...engine.paths, state: '/proc/gocli' } };
  await t.throwsAsync(up(requestFor(vm), nowhere), { code: 'FILE', message: /\/proc\/gocli/ });
  t.deepEqual(containers(engine), []);
  t.false(engine.docker.calls.some(({ method }) => method === 'containers.create'));
  t.deepEqual(engine.events, []);
});

test('a state that cannot be written in the middle of a start leaves neither keys nor a folder', async (t) => {
  const engine = await withNeighbour(t);
  engine.docker.before = (method, [spec]) => {
    if (method !== 'containers.create' || (spec as { name: string }).name !== 'c-dnsmasq') return;
    mkdirSync(join(rigFolder(engine.paths, 'c'), 'cluster.json'), { recursive: true });
  };
  await t.throwsAsync(up(requestFor(image(engine)), engine), { code: 'FILE', message: /cluster\.json/ });
  await untouched(t, engine);
});

/** What a test does once a step is over, while its start goes on. */
function afterStep(engine: Engine, id: string, act: () => void): Engine {
  const { emit } = engine;
  return {
    ...engine,
    emit: (event) => {
      emit(event);
      if (event.type === 'step-end' && event.id === id) act();
    },
  };
}

test('a Ready cluster whose state cannot be written any more runs on, with a warning that names the file', async (t) => {
  const engine = await makeEngine(t);
  const file = join(rigFolder(engine.paths, 'c'), 'cluster.json');
  const failing = afterStep(engine, 'boot', () => {
    rmSync(file);
    mkdirSync(file);
  });
  const { started, state } = await up(requestFor(addProvider(engine.docker, VM_FACTS)), failing);
  t.true(started);
  t.truthy(state.readyAt);
  t.deepEqual(containers(engine), ['c-dnsmasq', 'c-node01', 'c-registry']);
  const [warning = ''] = notices(engine).filter((text) => text.includes('not its copy'));
  t.true(warning.includes(file), warning);
  t.is(phaseOf(await requireRig(engine.docker, engine.paths, 'c')), 'running');
  t.deepEqual((await readdir(rigFolder(engine.paths, 'c'))).sort(), ['cluster.json', 'id_ed25519']);
});

test('a broken cluster, and one that was never Ready, are said to be so and stay', async (t) => {
  const engine = await makeEngine(t);
  const request = requestFor(addProvider(engine.docker, VM_FACTS));
  await up(request, engine);
  const [node] = await engine.docker.containers.list({ [LABEL.node]: 'node01' });
  engine.docker.end(node?.id ?? '', 1);
  const broken = await t.throwsAsync(up(request, engine), { code: 'NOT_READY' });
  t.like(broken, { observed: 'container c-node01 runs: exited', exitCode: 8 });
  t.is(containers(engine).length, 3);
  const starting = unready(stateOf({ name: 'd' }));
  await writeState(engine.paths, starting);
  const half = await t.throwsAsync(up({ ...request, values: { ...request.values, name: 'd' } }, engine), {
    code: 'NOT_READY',
    message: /never Ready/,
  });
  t.regex((half as unknown as { hint: string }).hint, /gocli rm --name d/);
});

test('whose machines run while a container beside them is gone is saved and started, not replaced', async (t) => {
  const engine = await makeEngine(t);
  const { docker } = engine;
  const image = addProvider(docker, VM_FACTS);
  await up(requestFor(image), engine);
  for (const role of ['registry', 'dnsmasq']) {
    const [one] = await docker.containers.list({ [LABEL.role]: role });
    await docker.containers.remove(one?.id ?? '');
    const error = await t.throwsAsync(up(requestFor(image), engine), { instanceOf: GocliError });
    t.regex(error.hint ?? '', /gocli stop --name c, then gocli start --name c/);
    t.notRegex(error.hint ?? '', /gocli rm/);
  }
});

test('one that is not Ready while a machine of it runs is booted from its disks, and not replaced', async (t) => {
  const engine = await makeEngine(t);
  const request = requestFor(addProvider(engine.docker, VM_FACTS), { nodes: 2 });
  await up(request, engine);
  const [node] = await engine.docker.containers.list({ [LABEL.node]: 'node02' });
  engine.docker.end(node?.id ?? '', 1);
  const error = await t.throwsAsync(up(request, engine), { instanceOf: GocliError });
  t.regex(error.hint ?? '', /docker kill c-node01, then gocli start --name c\)/);
  t.notRegex(error.hint ?? '', /gocli rm/);
});

test('what cannot be planned is refused before anything is made', async (t) => {
  const engine = await makeEngine(t);
  const vm = addProvider(engine.docker, VM_FACTS);
  t.throws(() => requestFor(vm, { name: 'A' }), { code: 'BAD_VALUE' });
  t.throws(() => requestFor(vm, { nodes: 1000 }), { code: 'BAD_VALUE' });
  await t.throwsAsync(up(requestFor(vm, { memory: '1000T' }), engine), { code: 'NOT_ENOUGH_MEMORY' });
  for (const labels of [
    {},
    { 'io.gocli.provider.facts': '{' },
    { 'io.gocli.provider.facts': '{"format":2}' },
  ]) {
    t.throws(() => planRig(requestFor(engine.docker.addImage('x', labels)), engine.kinds), {
      code: 'IMAGE_MISSING',
    });
  }
  t.deepEqual(containers(engine), []);
  t.deepEqual(await stateNames(engine.paths), []);
});

test('kubeadm that fails ends the start with its own last lines', async (t) => {
  const engine = await withNeighbour(t);
  const k8s = addProvider(engine.docker, { ...K8S_FACTS, defaults: { nodes: 1, cpus: 1, memoryMiB: 1700 } });
  const data = Buffer.from('PEM').toString('base64');
  const user = `{client-certificate-data: ${data}, client-key-data: ${data}}`;
  const conf = `clusters: [{cluster: {certificate-authority-data: ${data}}}]\nusers: [{user: ${user}}]`;
  engine.ssh.refusals = 3;
  engine.ssh.respond((command) => {
    if (command.includes('kubeadm init')) return { exitCode: 1, stderr: 'error: kubelet is not healthy\n' };
    return command.includes('admin.conf') ? { stdout: conf } : undefined;
  });
  const error = await t.throwsAsync(up(requestFor(k8s), engine), {
    code: 'REMOTE_COMMAND',
    message: /kubeadm/,
  });
  t.regex((error as unknown as { observed: string }).observed, /error: kubelet is not healthy/);
  t.is(engine.ssh.open, 0);
  await untouched(t, engine);
});
