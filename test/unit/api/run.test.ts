import test, { type ExecutionContext } from 'ava';
import type { Context } from '../../../gocli-ts/src/api/context.ts';
import { plan as planProvision } from '../../../gocli-ts/src/api/provision.ts';
import { plan, run, type RunRequest } from '../../../gocli-ts/src/api/run.ts';
import { rm } from '../../../gocli-ts/src/api/rm.ts';
import { runSeveral } from '../../../gocli-ts/src/api/run-several.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { FACTS_LABEL } from '../../../gocli-ts/src/provider/facts.ts';
import { AS_KEYS } from '../../../gocli-ts/src/rig/options/option.ts';
import { publishSnapshot } from '../../../gocli-ts/src/rig/snapshot/snapshots.ts';
import { FakeHost } from '../../fakes/host.ts';
import { addProvider, makeEngine, stateOf, VM_FACTS, type Engine } from '../../helpers/engine.ts';

async function setUp(
  t: ExecutionContext,
  env: Readonly<Record<string, string>>,
): Promise<{ engine: Engine; context: Context }> {
  const engine = await makeEngine(t);
  return { engine, context: { ...engine, host: new FakeHost(), env, cwd: '/', checkout: '/' } };
}

/** Every fault that a start is refused for. */
async function faultsOf(t: ExecutionContext, request: RunRequest, context: Context): Promise<string[]> {
  const error = await t.throwsAsync<GocliError>(plan(request, context));
  return (error.observed ?? error.message).split('\n').map((line) => line.replace(/ \(.*/, ''));
}

test('what cannot be read and what the plan is refused for are said together', async (t) => {
  const { engine, context } = await setUp(t, {});
  addProvider(engine.docker, VM_FACTS);
  const request = { provider: 'vm-1', name: 'A', cpu: 0, memory: ['1M', 'node03=1G'], nodes: 2 };
  t.deepEqual(await faultsOf(t, request, context), [
    '--name: "A" is not a cluster name',
    '--cpu: 0 is out of range',
    '--memory: there is no node03 in a plan of 2 nodes',
  ]);
  t.deepEqual(await faultsOf(t, { ...request, nodes: 0 }, context), [
    '--name: "A" is not a cluster name',
    '--cpu: 0 is out of range',
    '--nodes: 0 is out of range',
  ]);
  // While nobody knows how many nodes there are, what no rig of the kind has is wrong all the same.
  t.deepEqual(await faultsOf(t, { provider: 'vm-1', nodes: 0, k8sPort: 1 }, context), [
    '--nodes: 0 is out of range',
    '--k8s-port: rigs of the kind tiny have no such option',
  ]);
  t.deepEqual(await faultsOf(t, { memory: 'much' }, context), [
    '--memory: "much" is not a size',
    'a provider is missing',
  ]);
  t.true(engine.docker.calls.every(({ method }) => method !== 'images.pull'));
});

test('a program hears of what is wrong by the keys that it gave', async (t) => {
  const { engine, context } = await setUp(t, {});
  addProvider(engine.docker, VM_FACTS);
  const ofProgram = { ...context, naming: AS_KEYS };
  const asked = { provider: 'vm-1', cpu: 0, memory: ['1M', 'node03=1G'], httpPort: 70_000, k8sPort: 1 };
  t.deepEqual(await faultsOf(t, asked, ofProgram), [
    'cpu: 0 is out of range',
    'httpPort: 70000 is out of range',
    'k8sPort: rigs of the kind tiny have no such option',
    'memory: there is no node03 in a plan of one node',
  ]);
  const error = await t.throwsAsync<GocliError>(plan(asked, ofProgram));
  t.is(error.hint, 'All keys: docs/library.md, Calling');
  // Of what only the start of a rig looks at, too, and of what is no option.
  const late = { provider: 'vm-1', memory: 'node02=1G', diskSize: '1G' };
  t.deepEqual(await faultsOf(t, late, ofProgram), [
    'memory: there is no node02 in a plan of one node',
    'diskSize: the image of vm-1 has no disk that can grow',
  ]);
  t.deepEqual(await faultsOf(t, { provider: 'vm-1', snapshot: 'none', pool: false }, ofProgram), [
    'there is no snapshot "none".',
    'snapshot needs a name for the new cluster',
    'not with snapshot: pool',
  ]);
  await t.throwsAsync(runSeveral({ provider: 'vm-1', count: 0 }, ofProgram), { message: /^count: "0"/ });
  await t.throwsAsync(rm({ name: 'A' }, ofProgram), { message: /^name: "A"/ });
});

test('a plan fetches no image, and says where it is to be had', async (t) => {
  const { engine, context } = await setUp(t, {});
  const request = { provider: 'vm-1', containerRegistry: 'r.example' };
  const error = await t.throwsAsync<GocliError>(plan(request, context), { code: 'IMAGE_MISSING' });
  t.is(error.hint, 'Fetch it: docker pull r.example/gocli/vm-1:latest');
  t.false(engine.docker.calls.some(({ method }) => method === 'images.pull'));
  engine.docker.addImage('r.example/gocli/vm-1:latest', { [FACTS_LABEL]: JSON.stringify(VM_FACTS) });
  t.is((await plan(request, context)).guest.provider, 'vm-1');
});

test('a plan that a variable asks for is refused with the name of the variable', async (t) => {
  const { engine, context } = await setUp(t, { KUBEVIRT_MEMORY_SIZE: '1M', KUBEVIRT_NUM_VCPU: 'node02=1' });
  addProvider(engine.docker, VM_FACTS);
  t.deepEqual(await faultsOf(t, { provider: 'vm-1', kubevirtci: true }, context), [
    'KUBEVIRT_MEMORY_SIZE: 1M is too little',
    'KUBEVIRT_NUM_VCPU: there is no node02 in a plan of one node',
  ]);
});

test('variables of sizes are passed over by a start from a snapshot, flags are refused', async (t) => {
  const env = { KUBEVIRT_MEMORY_SIZE: '9G', KUBEVIRT_NUM_NODES: '3', KUBEVIRTCI_TAG: 'v2' };
  const { engine, context } = await setUp(t, env);
  const image = addProvider(engine.docker, VM_FACTS);
  const state = stateOf();
  const host = { ...state.plan.host, imageId: image.id };
  await publishSnapshot(engine.docker, {
    format: 1,
    kind: 'snapshot',
    name: 'clean',
    id: '0123456789ab',
    createdAt: 0,
    saved: { machines: [] } as never,
    state: { ...state, plan: { ...state.plan, host } },
  });
  const request = { provider: 'vm-1', snapshot: 'clean', name: 'other', kubevirtci: true };
  const { guest } = await plan(request, context);
  t.deepEqual(guest, state.plan.guest);
  const warnings = engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.deepEqual(
    warnings.map((text) => text.split(':')[0]),
    [
      'KUBEVIRT_NUM_NODES is passed over',
      'KUBEVIRT_MEMORY_SIZE is passed over',
      'KUBEVIRTCI_TAG is passed over',
    ],
  );
  for (const event of engine.events) t.like(event, { rig: 'other' });
  await t.throwsAsync(plan({ ...request, memory: '1G', cpu: 2 }, context), {
    code: 'USAGE',
    message: 'not with --snapshot: --memory, --cpu',
  });
  const idle = { provider: 'vm-2', fresh: true, template: false, containerSuffix: 'x', kernelArgs: 'quiet' };
  await t.throwsAsync(plan({ ...request, ...idle }, context), {
    code: 'USAGE',
    message: 'not with --snapshot: provider vm-2, --fresh, --no-template, --container-suffix, --kernel-args',
  });
  // What the command line says by default asks for nothing.
  t.deepEqual((await plan({ ...request, fresh: false, template: true }, context)).guest, guest);
  t.deepEqual(await faultsOf(t, { ...request, httpPort: 0, cpu: 2 }, context), [
    '--http-port: 0 is out of range',
    'not with --snapshot: --cpu',
  ]);
  // What the plan of the snapshot would be refused for is told with it, too.
  t.deepEqual(await faultsOf(t, { ...request, httpPort: 0, publish: ['80:80@node09'] }, context), [
    '--http-port: 0 is out of range',
    '--publish: there is no node09 in a plan of one node',
  ]);
  t.deepEqual(await faultsOf(t, { snapshot: 'cleen', httpPort: 0, cpu: 2 }, context), [
    '--http-port: 0 is out of range',
    'there is no snapshot "cleen". Did you mean "clean"?',
    '--snapshot needs a name for the new cluster',
    'not with --snapshot: --cpu',
  ]);
});

test('what was wrong before the request was made is told with what is wrong with it', async (t) => {
  const { engine, context } = await setUp(t, {});
  addProvider(engine.docker, VM_FACTS);
  const before = [new GocliError('BAD_VALUE', 'KUBEVIRTCI_RUNTIME: "rkt" is not supported')];
  const error = await t.throwsAsync(plan({ provider: 'vm-1', memory: '1M', cpu: 0 }, context, before), {
    instanceOf: GocliError,
  });
  t.deepEqual(
    (error.observed ?? '').split('\n').map((line) => line.split(' ')[0]),
    ['KUBEVIRTCI_RUNTIME:', '--cpu:', '--memory:'],
    error.observed,
  );
});

test('all that is told of the start of a rig carries its name, as soon as that is known', async (t) => {
  const { engine, context } = await setUp(t, {});
  await t.throwsAsync(plan({ provider: 'k8s-1.99' }, context));
  await t.throwsAsync(run({ provider: 'vm-1', provision: false }, context));
  for (const event of engine.events) t.like(event, { rig: 'vm-1' });
});

test('the budget of templates holds for provisioning, too, which makes one', async (t) => {
  const { context } = await setUp(t, { GOCLI_TEMPLATE_BUDGET: 'much' });
  await t.throwsAsync(planProvision({ folder: '/nothing' }, context), {
    message: /^GOCLI_TEMPLATE_BUDGET: /,
  });
});
