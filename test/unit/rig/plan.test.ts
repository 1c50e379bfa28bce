import test from 'ava';
import {
  checkRequest,
  planDifferences,
  planGuest,
  type ClusterPlan,
} from '../../../gocli-ts/src/rig/plan.ts';
import { kubernetesKind } from '../../../gocli-ts/src/kubernetes/kind.ts';
import { tinyKind } from '../../kinds/tiny.ts';
import { K8S_FACTS, stateOf, VM_FACTS } from '../../helpers/engine.ts';

const GIB = 1024 ** 3;

test('what is not asked for is the default of the provider', (t) => {
  t.deepEqual(planGuest(K8S_FACTS, {}, kubernetesKind), {
    provider: 'k8s-1.36',
    nodes: 1,
    cpus: 2,
    memoryMiB: 3072,
    kernelArgs: [],
    disk: true,
    kubernetes: K8S_FACTS['kubernetes'],
  });
});

test('an explicit value wins', (t) => {
  t.like(planGuest(VM_FACTS, { nodes: 3, cpus: 4, memoryBytes: 2 * GIB }, tinyKind), {
    nodes: 3,
    cpus: 4,
    memoryMiB: 2048,
  });
});

test('numbers out of range are refused with flag, value and range, with or without a provider', (t) => {
  for (const nodes of [0, 1000, 100, -1, 1.5, Number.NaN]) {
    const expected = { code: 'BAD_VALUE', message: new RegExp(`^--nodes: ${nodes}`) };
    t.like(
      t.throws(() => planGuest(VM_FACTS, { nodes }, tinyKind), expected),
      { hint: 'A whole number from 1 to 99.' },
    );
    t.throws(() => {
      checkRequest({ nodes });
    }, expected);
  }
  t.throws(() => planGuest(VM_FACTS, { cpus: 65 }, tinyKind), { code: 'BAD_VALUE', message: /^--cpu: 65/ });
  t.notThrows(() => {
    checkRequest({});
  });
});

test('too little memory is refused: a control plane needs more than a machine', (t) => {
  t.throws(() => planGuest(K8S_FACTS, { memoryBytes: GIB }, kubernetesKind), {
    code: 'BAD_VALUE',
    message: /--memory: 1024M/,
  });
  t.notThrows(() => planGuest(VM_FACTS, { memoryBytes: 64 * 1024 ** 2 }, tinyKind));
  t.throws(() => planGuest(VM_FACTS, { memoryBytes: 1 }, tinyKind), {
    code: 'BAD_VALUE',
    message: /--memory: 0M/,
  });
});

test('a plan does not differ from itself, nor after it was stored', (t) => {
  const { plan } = stateOf();
  t.deepEqual(planDifferences(plan, plan), []);
  t.deepEqual(planDifferences(JSON.parse(JSON.stringify(plan)) as ClusterPlan, plan), []);
});

test('every difference is a sentence with both values', (t) => {
  const { plan } = stateOf();
  const asked = {
    guest: { ...plan.guest, memoryMiB: 256, kernelArgs: ['debug'] },
    host: { ...plan.host, imageId: 'sha256:2', pinnedPorts: { '6443/tcp': 6443 } },
  };
  t.deepEqual(planDifferences(plan, asked), [
    'memory per node (MiB): 128 runs, 256 is asked for',
    'kernel arguments: [] runs, ["debug"] is asked for',
    'image: sha256:1 runs, sha256:2 is asked for',
    'host port of 6443/tcp: a free one runs, 6443 is asked for',
  ]);
});

test('a port that is not asked for again is no difference', (t) => {
  const { plan } = stateOf();
  const running = { ...plan, host: { ...plan.host, pinnedPorts: { '80/tcp': 8080 } } };
  t.deepEqual(planDifferences(running, plan), []);
});
