import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readCatalog } from '../../../../gocli-ts/src/addons/catalog.ts';
import { readWishes } from '../../../../gocli-ts/src/addons/options.ts';
import { type PlannedAddon, planAddons } from '../../../../gocli-ts/src/addons/plan.ts';
import type { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { Steps } from '../../../../gocli-ts/src/events/steps.ts';
import { enableAddons } from '../../../../gocli-ts/src/kubernetes/addons/enable.ts';
import { requireImages } from '../../../../gocli-ts/src/kubernetes/addons/images.ts';
import { readRecords } from '../../../../gocli-ts/src/kubernetes/addons/record.ts';
import { diffAddon, differences, lookAtAddons } from '../../../../gocli-ts/src/kubernetes/addons/look.ts';
import { ClusterObjects } from '../../../../gocli-ts/src/kubernetes/addons/objects.ts';
import { disableAddons } from '../../../../gocli-ts/src/kubernetes/addons/remove.ts';
import { type AddonCluster, addonCluster } from '../../../../gocli-ts/src/kubernetes/addons/addon-cluster.ts';
import { ApiClient } from '../../../../gocli-ts/src/kubernetes/api.ts';
import { makeEngine, stateOf } from '../../../helpers/engine.ts';
import { ObjectStore } from '../../../helpers/object-store.ts';

const ADDON = `apiVersion: gocli.io/v1
kind: Addon
name: one
version: 1.0.0
summary: x
options:
  count: { type: integer, describe: x, default: 2, minimum: 0, maximum: 9 }
`;
const MANIFEST = `apiVersion: v1
kind: ConfigMap
metadata: { name: 'm-\${index}', namespace: space, annotations: { gocli.io/repeat: '\${count}' } }
data: { count: '\${count} of them' }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: d, namespace: space }
---
apiVersion: v1
kind: Namespace
metadata: { name: space }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example }
`;

interface Bench {
  readonly store: ObjectStore;
  readonly work: AddonCluster;
  readonly planned: (...texts: string[]) => PlannedAddon[];
  readonly records: () => Promise<Record<string, string>>;
}

/** A cluster that is an API alone, and an addon "one". */
async function makeBench(t: ExecutionContext, text = ADDON): Promise<Bench> {
  const root = await mkdtemp(join(tmpdir(), 'gocli-addons-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'manifests', 'one'), { recursive: true });
  await writeFile(join(root, 'manifests', 'one', 'addon.yaml'), text);
  await writeFile(join(root, 'manifests', 'one', '10.yaml'), MANIFEST);
  const catalog = await readCatalog(root);
  const deps = await makeEngine(t);
  const store = new ObjectStore();
  const server = await store.start();
  const api = new ApiClient(server.access);
  t.teardown(async () => {
    api[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });
  const steps = new Steps(deps.emit, deps.clock);
  const work = addonCluster({ catalog, state: stateOf(), nodes: [], api, steps, deps, timeoutMs: 3000 });
  return {
    store,
    work,
    planned: (...texts) => planAddons(readWishes(texts, 'addon'), catalog, 'addon', []),
    records: async () => {
      const records = await readRecords(api, deps.signal);
      return Object.fromEntries([...records].map(([name, { state }]) => [name, state]));
    },
  };
}

const ALL = [
  'configmaps/m-1',
  'configmaps/m-2',
  'customresourcedefinitions/things.example',
  'deployments/d',
  'namespaces/space',
];

test('all that an addon brings is there once it is enabled, and nothing of it once it is disabled', async (t) => {
  const { store, work, planned, records } = await makeBench(t);
  await enableAddons(planned('one'), work);
  t.deepEqual(store.names(), ALL);
  t.deepEqual(await records(), { one: 'enabled' });
  await enableAddons(planned('one'), work);
  t.deepEqual(store.names(), ALL, 'once more changes nothing');
  await disableAddons(['one'], work);
  t.is(store.objects.size, 0);
});

test('kinds and namespaces come first and go last', async (t) => {
  const { store, work, planned } = await makeBench(t);
  const seen: string[] = [];
  store.before = ({ method, path }) => {
    if (method === 'PATCH' || method === 'DELETE')
      seen.push(`${method} ${/\/([^/?]+)(\?|$)/.exec(path)?.[1] ?? ''}`);
    return undefined;
  };
  await enableAddons(planned('one'), work);
  await disableAddons(['one'], work);
  const at = (what: string): number => seen.indexOf(what);
  for (const ground of ['space', 'things.example']) {
    t.true(at(`PATCH ${ground}`) < at('PATCH d') && at(`PATCH ${ground}`) < at('PATCH m-1'));
    t.true(at(`DELETE ${ground}`) > at('DELETE d') && at(`DELETE ${ground}`) > at('DELETE m-1'));
  }
  t.is(at('PATCH gocli-addon-one'), 0, 'what is being done is written down first');
  t.is(at('DELETE gocli-addon-one'), seen.length - 1);
});

test('with other options an addon has what these say, and nothing else', async (t) => {
  const { store, work, planned } = await makeBench(t);
  await enableAddons(planned('one'), work);
  const [fewer] = planned('one,count=1');
  if (fewer === undefined) return void t.fail();
  const changes = await diffAddon(fewer, work.catalog, {
    api: work.api,
    subnet: '192.168.66.0/24',
    signal: work.deps.signal,
  });
  t.deepEqual(changes, [
    { object: 'ConfigMap space/m-1', change: 'change', fields: ['data.count: "2 of them" -> "1 of them"'] },
    { object: 'ConfigMap space/m-2', change: 'remove', fields: [] },
  ]);
  t.deepEqual(store.names(), ALL, 'a look changes nothing');
  await enableAddons(planned('one,count=1'), work);
  t.deepEqual(
    store.names(),
    ALL.filter((name) => name !== 'configmaps/m-2'),
  );
});

test('what is refused is said in the words of the API, and what was begun is known and goes on', async (t) => {
  const { store, work, planned, records } = await makeBench(t);
  store.before = ({ method, path }) =>
    method === 'PATCH' && path.includes('/deployments/') ? [422, { message: 'spec is missing' }] : undefined;
  const error = await t.throwsAsync<GocliError>(enableAddons(planned('one'), work), { code: 'KUBERNETES' });
  t.is(error.message, 'the API refuses Deployment space/d');
  t.is(error.observed, 'spec is missing');
  t.deepEqual(await records(), { one: 'enabling' });
  store.before = () => undefined;
  await enableAddons(planned('one'), work);
  t.deepEqual(await records(), { one: 'enabled' });
});

test('a removal that was interrupted is known, too, and goes on', async (t) => {
  const { store, work, planned, records } = await makeBench(t);
  await enableAddons(planned('one'), work);
  store.before = ({ method, path }) =>
    method === 'DELETE' && path.includes('/namespaces/space/deployments/')
      ? [403, { message: 'no' }]
      : undefined;
  await t.throwsAsync(disableAddons(['one'], work), { code: 'KUBERNETES' });
  t.deepEqual(await records(), { one: 'disabling' });
  store.before = () => undefined;
  await disableAddons(['one'], work);
  t.is(store.objects.size, 0);
});

test('what an addon leaves on nodes is taken away as it was enabled, whatever this gocli has of it by then', async (t) => {
  const { store, work, planned, records } = await makeBench(t, `${ADDON}cleanUp: rm -f /left\n`);
  await enableAddons(planned('one'), work);
  const nodes = [{ container: 'none', node: 'node01' }];
  // There is no such machine: that it was to be cleaned is all that can be seen.
  const error = await t.throwsAsync(disableAddons(['one'], { ...work, catalog: new Map(), nodes }));
  t.regex(String(error), /node01|none/);
  t.deepEqual(await records(), { one: 'disabling' });
  await disableAddons(['one'], work);
  t.is(store.objects.size, 0);
});

test('an API that does not say what it serves has not lost what is there', async (t) => {
  const { store, work, planned } = await makeBench(t);
  await enableAddons(planned('one'), work);
  const before = store.names();
  let refused = 3;
  store.before = ({ path }) => {
    if (path !== '/apis/apps/v1' || refused === 0) return undefined;
    refused -= 1;
    return [503, { message: 'restarting' }];
  };
  // As another command, which knows nothing of the API yet.
  await disableAddons(['one'], { ...work, objects: new ClusterObjects(work.api) });
  t.is(refused, 0);
  t.true(before.includes('deployments/d'));
  t.deepEqual(store.names(), []);
});

test('webhooks that do not answer, kinds that are never established and pods that never run are named', async (t) => {
  const { store, work, planned } = await makeBench(t);
  const seen = async (): Promise<string> => {
    const error = await t.throwsAsync<GocliError>(enableAddons(planned('one'), work), { code: 'TIMEOUT' });
    return `${error.message}; ${error.observed ?? ''}`;
  };
  store.before = ({ method, path }) =>
    method === 'PATCH' && path.includes('/deployments/')
      ? [500, { message: 'failed calling webhook "w.example"' }]
      : undefined;
  t.regex(await seen(), /^the API takes Deployment space\/d: not within.*failed calling webhook "w.example"/);
  store.before = () => undefined;
  // A kind that was just made says nothing of itself yet.
  store.statusOf = () => ({ conditions: null });
  t.regex(await seen(), /^CustomResourceDefinition things\.example is as it should be.*not Established yet/);
  store.statusOf = ({ kind }) =>
    kind === 'Deployment' ? {} : { conditions: [{ type: 'Established', status: 'True' }] };
  t.regex(await seen(), /^Deployment space\/d is as it should be.*0 of 1 available/);
});

test('a status says what does not work, and what was interrupted', async (t) => {
  const { store, work, planned } = await makeBench(t);
  const look = () => lookAtAddons(work.catalog, { api: work.api, rig: 'c', signal: work.deps.signal });
  await enableAddons(planned('one'), work);
  const [well] = await look();
  t.like(well, { name: 'one', state: 'enabled', options: { count: 2 } });
  t.true(well?.conditions.every(({ met }) => met));
  store.objects.delete('/apis/apps/v1/namespaces/space/deployments/d');
  const [ill] = await look();
  t.deepEqual(
    ill?.conditions.filter(({ met }) => !met).map(({ observed }) => observed),
    ['Deployment space/d is not there'],
  );
});

test('images that neither the nodes nor Docker have are all named, with what to type', async (t) => {
  const { work } = await makeBench(t);
  const docker = (await makeEngine(t)).docker;
  const image = { name: 'registry.example/a:v1.0.0', programs: ['a'] };
  const one = work.catalog.get('one');
  if (one === undefined) return void t.fail();
  const catalog = new Map([
    ['one', { ...one, images: [image, { ...image, name: 'registry.example/b:v1.0.0' }] }],
  ]);
  const planned = planAddons([{ name: 'one', options: {} }], catalog, 'addon', []);
  const error = await t.throwsAsync<GocliError>(requireImages(planned, catalog, docker.images), {
    code: 'IMAGE_MISSING',
    message: 'images of addons are not there: registry.example/a:v1.0.0, registry.example/b:v1.0.0',
  });
  t.regex(error.hint ?? '', /gocli provision --addons one/);
});

test('differences are told by field, without what the server counts for itself', (t) => {
  const before = { metadata: { generation: 1, labels: { a: '1' } }, spec: { list: [1, { b: 2 }] } };
  const after = {
    metadata: { generation: 2, labels: { a: '2' } },
    spec: { list: [1, { b: 3 }], new: 'x' },
    status: {},
  };
  t.deepEqual(differences(before, after), [
    'metadata.labels.a: "1" -> "2"',
    'spec.list.1.b: 2 -> 3',
    'spec.new: nothing -> "x"',
  ]);
});
