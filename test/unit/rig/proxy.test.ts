import test, { type ExecutionContext } from 'ava';
import { hostProxy } from '../../../gocli-ts/src/host/proxy.ts';
import { kubernetesKind } from '../../../gocli-ts/src/kubernetes/kind.ts';
import { MACHINE_PATH } from '../../../gocli-ts/src/machine/spec.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';

import { defaultGuest } from '../../../gocli-ts/src/rig/plan.ts';
import { startStopped } from '../../../gocli-ts/src/rig/start/stopped.ts';
import { besides, mayBeTold, tellAround } from '../../../gocli-ts/src/rig/around.ts';
import type { Names } from '../../../gocli-ts/src/rig/proxy.ts';
import { renderUnit, unitTold } from '../../../gocli-ts/src/rig/unit-told.ts';
import type { HostProxy } from '../../../gocli-ts/src/host/proxy.ts';
import type { RigDeps } from '../../../gocli-ts/src/rig/deps.ts';
import type { RigState } from '../../../gocli-ts/src/rig/state.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { jsonPeer } from '../../fakes/json-peer.ts';
import {
  addProvider,
  K8S_FACTS,
  makeEngine,
  requestFor,
  stateOf,
  type Engine,
} from '../../helpers/engine.ts';
import { makeSaving, stepsOf, stop } from '../../helpers/saving.ts';
import { tinyKind } from '../../kinds/tiny.ts';

const FILE = '/etc/systemd/system/containerd.service.d/10-gocli-proxy.conf';

/** A guest agent of a node, whose file is what a proxy was told as. */
class Guest {
  file: string | undefined;
  scripts = 0;
  exitCode = 0;
  stderr = '';

  readonly answer = ({ execute, arguments: given }: Record<string, unknown>): unknown => {
    const argument = (given ?? {}) as Record<string, unknown>;
    switch (execute) {
      case 'guest-sync-delimited':
        return { return: argument['id'] };
      case 'guest-file-open':
        return argument['path'] === FILE && this.file !== undefined
          ? { return: 7 }
          : { error: { desc: 'No such file or directory' } };
      case 'guest-file-read':
        return { return: { 'buf-b64': Buffer.from(this.file ?? '').toString('base64') } };
      case 'guest-exec': {
        this.scripts += 1;
        const text = Buffer.from((argument['input-data'] as string | undefined) ?? '', 'base64').toString();
        this.file = text === '' ? undefined : text;
        return { return: { pid: 5 } };
      }
      case 'guest-exec-status':
        return {
          return: {
            exited: true,
            exitcode: this.exitCode,
            'err-data': Buffer.from(this.stderr).toString('base64'),
          },
        };
      default:
        return { return: {} };
    }
  };
}

const state = stateOf({ plan: { ...stateOf().plan, guest: defaultGuest(K8S_FACTS, kubernetesKind) } });

async function setUp(
  t: ExecutionContext,
): Promise<{ engine: Engine; guest: Guest; notices: () => string[] }> {
  const engine = await makeEngine(t);
  const guest = new Guest();
  const { docker } = engine;
  const image = addProvider(docker, K8S_FACTS).id;
  for (const [role, more] of [
    ['dnsmasq', {}],
    ['node', { [LABEL.node]: 'node01' }],
  ] as const) {
    const labels = { [LABEL.cluster]: 'c', [LABEL.role]: role, ...more };
    const base = { image, network: 'none', capabilities: [], noNewPrivileges: true };
    const id = await docker.containers.create({ name: `c-${role}`, labels, ...base });
    await docker.containers.start(id);
  }
  docker.onConnect = (argv) => {
    t.true(argv.some((word) => word.includes(MACHINE_PATH.agent)));
    return jsonPeer(guest.answer).near;
  };
  const notices = () => engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  return { engine, guest, notices };
}

const followProxy = (
  state: RigState,
  proxy: HostProxy | undefined,
  deps: RigDeps,
  here?: Names['here'],
  everywhere: Names['everywhere'] = () => Promise.resolve(true),
): Promise<RigState> =>
  tellAround(state, { proxy }, deps, here === undefined ? undefined : { here, everywhere });

test('a proxy is told to containerd once, with all that is inside of the cluster left out', async (t) => {
  const { engine, guest, notices } = await setUp(t);
  const proxy = hostProxy({
    HTTPS_PROXY: 'http://me:secret@proxy.example:3128',
    no_proxy: '.example, 10.0.0.0/8',
  });
  const told = await followProxy(state, proxy, engine);
  t.true(told.proxied);
  t.true(
    engine.events.some((event) => event.type === 'step-end' && event.id === 'tell'),
    'it takes a while',
  );
  t.regex(guest.file ?? '', /^Environment="HTTPS_PROXY=http:\/\/me:secret@proxy\.example:3128"$/m);
  t.false(guest.file?.includes('HTTP_PROXY=') ?? true);
  const [, none = ''] = /NO_PROXY=([^"]*)"/.exec(guest.file ?? '') ?? [];
  for (const one of [
    ...['.example', '10.0.0.0/8', 'localhost', '192.168.66.0/24', '10.244.0.0/16', '10.96.0.0/12'],
    ...['registry', 'node01', 'host.gocli.internal', '.svc', '.cluster.local'],
  ])
    t.true(none.split(',').includes(one), one);
  const again = await followProxy(told, proxy, engine);
  t.is(guest.scripts, 1);
  t.is(notices().length, 1);
  t.regex(notices()[0] ?? '', /HTTPS_PROXY/);
  t.notRegex(notices().join(), /secret/);

  const taken = await followProxy(again, undefined, engine);
  t.is(guest.file, undefined);
  t.regex(notices()[1] ?? '', /without a proxy again/);
  t.is(taken.proxied, undefined);
  t.is(guest.scripts, 2);
});

test('where one node refuses it, the others are waited for', async (t) => {
  const { engine, guest, notices } = await setUp(t);
  const labels = { [LABEL.cluster]: 'c', [LABEL.role]: 'node', [LABEL.node]: 'node02' };
  const [image = ''] = engine.docker.imageStore.keys();
  const id = await engine.docker.containers.create({
    name: 'c-node02',
    labels,
    image,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
  });
  await engine.docker.containers.start(id);
  guest.exitCode = 1;
  const busy = new Guest();
  let polls = 0;
  const answer: typeof busy.answer = (request) =>
    request['execute'] === 'guest-exec-status' && ++polls < 50
      ? { return: { exited: false } }
      : busy.answer(request);
  engine.docker.onConnect = (_argv, container) => jsonPeer(container.id === id ? answer : guest.answer).near;
  await followProxy(state, hostProxy({ HTTPS_PROXY: 'http://192.0.2.1:3128' }), engine);
  t.is(polls, 50);
  t.regex(notices()[0] ?? '', /could not be told .*node01/);
});

test('a machine that stands aside is not asked: it would not answer', async (t) => {
  const { engine, guest } = await setUp(t);
  const [node] = await engine.docker.containers.list({ [LABEL.node]: '' });
  await engine.docker.containers.rename(node?.id ?? '', 'c-aside01');
  await followProxy(state, hostProxy({ HTTPS_PROXY: 'http://proxy.example:3128' }), engine);
  t.is(guest.scripts, 0);
});

test('one on the loopback of the host is told by the name of the host, if it can be reached there', async (t) => {
  const { engine, guest, notices } = await setUp(t);
  const proxy = hostProxy({ http_proxy: 'http://127.0.0.1:3128', https_proxy: 'localhost:3129' });
  engine.docker.onExec((argv) =>
    argv.includes('3129')
      ? { exitCode: 1, stderr: 'socat[9] E connect(5, AF=2 172.17.0.1:3129, 16): Connection refused\n' }
      : undefined,
  );
  await followProxy(state, proxy, engine);
  t.regex(guest.file ?? '', /"HTTP_PROXY=http:\/\/host\.gocli\.internal:3128"/);
  t.false(guest.file?.includes('HTTPS_PROXY') ?? true);
  t.regex(notices()[0] ?? '', /^HTTPS_PROXY .* port 3129 of the host \(Connection refused\)/);
});

test('what is no address is passed over, and what a node refuses is a warning', async (t) => {
  const { engine, guest, notices } = await setUp(t);
  await followProxy(state, hostProxy({ HTTP_PROXY: 'http://a b' }), engine);
  t.is(guest.scripts, 0);
  t.regex(notices()[0] ?? '', /^HTTP_PROXY is no address/);
  guest.exitCode = 1;
  await followProxy(state, hostProxy({ HTTP_PROXY: 'http://p' }), engine);
  t.regex(notices()[1] ?? '', /could not be told .*containerd\.service of node01/);
});

test('what a script said last is in the warning, without a password', async (t) => {
  const { engine, guest, notices } = await setUp(t);
  guest.exitCode = 1;
  guest.stderr = 'first\nno space left for http://me:secret@p\n';
  await followProxy(state, hostProxy({ HTTP_PROXY: 'http://p' }), engine);
  t.regex(notices()[0] ?? '', /\(code 1\) \(first; no space left for http:\/\/me:\(masked\)@p\)\. Once/);
});

test('exceptions are told as they were said, and what is none is said and left out', async (t) => {
  const { engine, guest, notices } = await setUp(t);
  const env = { HTTP_PROXY: 'http://p', NO_PROXY: '*.corp,a"b,$(x) [::1]' };
  await followProxy(state, hostProxy(env), engine);
  t.regex(guest.file ?? '', /"NO_PROXY=\*\.corp,\[::1\],localhost,/);
  t.regex(notices()[0] ?? '', /^NO_PROXY has .*: "a\\"b", "\$\(x\)"\./);
  t.is(notices().filter((text) => text.startsWith('NO_PROXY')).length, 1);
  t.is(besides({ addresses: {}, except: '*' }, ['registry']).except, '*');
});

test('a new rig is written down as one that knows something where it will, and only then', async (t) => {
  const { engine } = await setUp(t);
  const { kinds } = engine;
  const { guest } = state.plan;
  const proxy = hostProxy({ HTTP_PROXY: 'http://p' });
  t.true(mayBeTold(guest, { proxy }, kinds));
  t.false(mayBeTold(guest, { keys: ['ssh-ed25519 A'] }, kinds), 'nodes take no keys');
  t.false(mayBeTold(guest, {}, kinds));
  t.false(mayBeTold(stateOf().plan.guest, { proxy }, kinds), 'a kind that is told nothing');

  const saving = await makeSaving(t);
  const told = [{ ...tinyKind, told: unitTold('x.service', []) }];
  const [image] = saving.engine.docker.imageStore.values();
  if (image === undefined) throw new Error('no image');
  const seen: unknown[] = [];
  const watching = told.map((kind) => ({
    ...kind,
    bringUp: async (...all: Parameters<typeof kind.bringUp>) => {
      seen.push(all[0].state.proxied);
      return kind.bringUp(...all);
    },
  }));
  await up(requestFor(image, { name: 'with', proxy }), saving.run('with', { kinds: watching }));
  await up(requestFor(image, { name: 'without' }), saving.run('without', { kinds: watching }));
  t.deepEqual(seen, [true, undefined]);
});

test('what is to be percent-encoded is said so, without the password', async (t) => {
  const { engine, guest, notices } = await setUp(t);
  await followProxy(state, hostProxy({ HTTP_PROXY: 'http://DOMAIN\\me:s%ecret@proxy.example' }), engine);
  t.is(guest.scripts, 0);
  t.regex(notices()[0] ?? '', /^HTTP_PROXY .*percent-encoded: %5C/);
  t.notRegex(notices().join(), /ecret/);
});

test('one by a name that this host has on its loopback is one there', async (t) => {
  for (const [addresses, told] of [
    [['127.0.1.1'], 'host.gocli.internal'],
    [['127.0.1.1', '::1'], 'host.gocli.internal'],
    [['127.0.1.1', '192.0.2.1'], 'mybox'],
    [[], 'mybox'],
    [undefined, 'mybox'],
  ] as const) {
    const { engine, guest } = await setUp(t);
    const asked: string[] = [];
    const lookUp = (name: string): Promise<readonly string[]> => {
      asked.push(name);
      return addresses === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(addresses);
    };
    await followProxy(state, hostProxy({ HTTP_PROXY: 'http://mybox:3128' }), engine, lookUp);
    t.true(guest.file?.includes(`"HTTP_PROXY=http://${told}:3128"`), guest.file);
    t.deepEqual(asked, ['mybox']);
  }
});

test('no name is asked for where there is none, and one that nobody answers is waited for briefly', async (t) => {
  const { engine, guest } = await setUp(t);
  const hosts = ['10.0.0.1', '127.0.0.1', 'localhost'];
  for (const host of hosts)
    await followProxy(state, hostProxy({ HTTP_PROXY: `http://${host}:1` }), engine, () => {
      throw new Error(host);
    });
  await followProxy(state, undefined, engine, () => {
    throw new Error('none');
  });
  const start = process.hrtime.bigint();
  await followProxy(
    state,
    hostProxy({ HTTP_PROXY: 'http://dead:3128' }),
    engine,
    () => new Promise(() => undefined),
  );
  t.true(process.hrtime.bigint() - start < 5_000_000_000n);
  t.true(guest.file?.includes('http://dead:3128'));
});

test('one of TLS on the loopback is not told by a name that its certificate has not', async (t) => {
  const { engine, guest, notices } = await setUp(t);
  await followProxy(state, hostProxy({ HTTPS_PROXY: 'https://localhost:3128' }), engine);
  t.is(guest.scripts, 0);
  t.regex(notices()[0] ?? '', /^HTTPS_PROXY .* certificate/);
  await followProxy(state, hostProxy({ HTTPS_PROXY: 'https://proxy.example:3128' }), engine, () =>
    Promise.resolve(['192.0.2.1']),
  );
  t.true(guest.file?.includes('https://proxy.example:3128'));
});

test('one whose name only this host knows is told by its address, unless its certificate is for the name', async (t) => {
  const here = (name: string) => Promise.resolve(name === 'corp' ? ['fd00::7', '10.0.0.7'] : []);
  const { engine, guest, notices } = await setUp(t);
  const proxy = hostProxy({ HTTP_PROXY: 'http://me:secret@corp:3128', HTTPS_PROXY: 'https://corp:3129' });
  await followProxy(state, proxy, engine, here, () => Promise.resolve(false));
  t.regex(guest.file ?? '', /"HTTP_PROXY=http:\/\/me:secret@10\.0\.0\.7:3128"/);
  t.false(guest.file?.includes('3129'));
  t.regex(notices()[0] ?? '', /^HTTPS_PROXY .* only this host knows \(corp, .* certificate/);
});

test('what resolvers know, or do not say in time, is told by its name: it may have another address tomorrow', async (t) => {
  for (const everywhere of [
    () => Promise.resolve(true),
    () => Promise.reject(new Error('ETIMEOUT')),
    () => new Promise<boolean>(() => undefined),
  ]) {
    const { engine, guest } = await setUp(t);
    const here = () => Promise.resolve(['10.0.0.7']);
    await followProxy(state, hostProxy({ HTTP_PROXY: 'http://corp:3128' }), engine, here, everywhere);
    t.true(guest.file?.includes('http://corp:3128'));
  }
});

test('guests that were never told of one are not asked where there is none', async (t) => {
  const { engine } = await setUp(t);
  engine.docker.onConnect = () => t.fail();
  t.is(await followProxy(state, undefined, engine), state);
});

test('a kind that pulls nothing is asked nothing', async (t) => {
  const { engine } = await setUp(t);
  engine.docker.onConnect = () => t.fail();
  await followProxy(stateOf(), hostProxy({ HTTP_PROXY: 'http://p' }), engine);
  t.pass();
});

test('what systemd would read otherwise is escaped', (t) => {
  const text = renderUnit(
    besides({ addresses: { HTTP_PROXY: 'http://a:%40"\\@p' }, except: 'x x,,y' }, ['y', 'z']),
  );
  t.regex(text, /^Environment="HTTP_PROXY=http:\/\/a:%%40\\"\\\\@p"$/m);
  t.regex(text, /^Environment="NO_PROXY=x,y,z"$/m);
});

test('every way to start tells it: anew, from what was saved, from the disks', async (t) => {
  const saving = await makeSaving(t);
  const kinds = [{ ...tinyKind, told: unitTold('x.service', []) }];
  const proxy = hostProxy({ HTTP_PROXY: 'http://p' });
  const [image] = saving.engine.docker.imageStore.values();
  if (image === undefined) throw new Error('no image');
  const told = () => saving.notices().filter((text) => text.includes('through the proxy')).length;
  const again = async (): Promise<void> => {
    const deps = saving.run('later', { kinds });
    await startStopped(
      await saving.found(),
      { timeoutMs: 5000, pinnedPorts: {}, proxy },
      stepsOf(deps),
      deps,
    );
  };
  await up(requestFor(image, { name: 'other', proxy }), saving.run('new', { kinds }));
  t.is(told(), 1);
  await up(requestFor(image, { name: 'c', proxy }), saving.run('again', { kinds }));
  t.is(told(), 2, 'one that runs');
  t.true((await saving.found()).state?.proxied);
  await up(requestFor(image, { name: 'c' }), saving.run('none', { kinds }));
  t.is((await saving.found()).state?.proxied, undefined);
  await stop(saving);
  await again();
  t.is(told(), 3);
  for (const { info } of saving.engine.docker.containerStore.values()) saving.engine.docker.end(info.id, 137);
  await again();
  t.is(told(), 4);
});
