import test from 'ava';
import { kubernetesKind } from '../../../gocli-ts/src/kubernetes/kind.ts';
import { planDifferences } from '../../../gocli-ts/src/rig/make-plan.ts';
import { defaultGuest, nodePlans, type RigPlan } from '../../../gocli-ts/src/rig/plan.ts';
import { tinyKind } from '../../kinds/tiny.ts';
import { K8S_FACTS, stateOf } from '../../helpers/engine.ts';

test('what is not asked for is the default of the provider, in the order that template keys were made of', (t) => {
  const guest = defaultGuest(K8S_FACTS, kubernetesKind);
  t.deepEqual(guest, {
    provider: 'k8s-1.36',
    nodes: 1,
    cpus: 2,
    memoryMiB: 3072,
    kernelArgs: [],
    disk: true,
    kubernetes: K8S_FACTS['kubernetes'],
  });
  const keys = ['provider', 'nodes', 'cpus', 'memoryMiB', 'kernelArgs', 'disk', 'kubernetes'];
  t.deepEqual(Object.keys(guest), keys);
});

test('what a node has of its own takes the place of what all have', (t) => {
  const { guest } = stateOf().plan;
  const plans = nodePlans({ ...guest, nodes: 2, perNode: { node02: { memoryMiB: 256 } } });
  t.deepEqual(plans, [
    { cpus: 1, memoryMiB: 128 },
    { cpus: 1, memoryMiB: 256 },
  ]);
});

test('a plan does not differ from itself, nor after it was stored', (t) => {
  const { plan } = stateOf();
  t.deepEqual(planDifferences(plan, plan, tinyKind), []);
  t.deepEqual(planDifferences(JSON.parse(JSON.stringify(plan)) as RigPlan, plan, tinyKind), []);
});

test('every difference is a sentence with both values', (t) => {
  const { plan } = stateOf();
  const asked = {
    guest: { ...plan.guest, memoryMiB: 256, kernelArgs: ['debug'] },
    host: { ...plan.host, imageId: 'sha256:2', pinnedPorts: { '80/tcp': 8080 } },
  };
  t.deepEqual(planDifferences(plan, asked, tinyKind), [
    'memory per node (MiB): 128 runs, 256 is asked for',
    'kernel arguments: [] runs, ["debug"] is asked for',
    'host port of 80/tcp: a free one runs, 8080 is asked for',
    'image: sha256:1 runs, sha256:2 is asked for',
  ]);
});

test('a port that is not asked for again is no difference', (t) => {
  const { plan } = stateOf();
  const running = { ...plan, host: { ...plan.host, pinnedPorts: { '80/tcp': 8080 } } };
  t.deepEqual(planDifferences(running, plan, tinyKind), []);
});
