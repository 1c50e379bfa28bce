import test from 'ava';
import { planDifferences, planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import type { RigPlan } from '../../../../gocli-ts/src/rig/plan.ts';
import { networkFiles } from '../../../../gocli-ts/src/rig/container-specs.ts';
import { templateKey } from '../../../../gocli-ts/src/rig/template/key.ts';
import { kubernetesKind } from '../../../../gocli-ts/src/kubernetes/kind.ts';
import { readRunOptions } from '../../../../gocli-ts/src/api/options.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { addProvider, K8S_FACTS, layoutOf } from '../../../helpers/engine.ts';

const image = addProvider(new FakeDocker(), K8S_FACTS);
const KINDS = [kubernetesKind];

function planOf(network: string | undefined, env = {}): RigPlan {
  const values = { name: 'c', ...readRunOptions({ network }, env, true) };
  return planRig({ image, reference: 'x', values }, KINDS);
}

test('another network is another plan, whose templates are its own', (t) => {
  const usual = planOf(undefined);
  const moved = planOf('10.5.0.0/24');
  t.is(moved.guest.network, '10.5.0.0/24');
  t.not(templateKey(moved, KINDS), templateKey(usual, KINDS));
  t.deepEqual(planDifferences(usual, moved, kubernetesKind), [
    'network of the nodes: 192.168.66.0/24 runs, 10.5.0.0/24 is asked for',
  ]);
  t.deepEqual(planOf(undefined, { GOCLI_NETWORK: '10.5.0.0/24' }).guest, moved.guest);
});

test('the usual one is no change, however it was asked for', (t) => {
  t.deepEqual(planOf('192.168.66.0/24'), planOf(undefined));
  t.false('network' in planOf('192.168.66.0/24').guest);
});

test('the files of the network container follow; the clock has one of its own only in another network', (t) => {
  const files = (plan: RigPlan) => networkFiles(layoutOf({ plan }));
  const moved = files(planOf('10.5.0.0/24'));
  for (const { content = '' } of moved) t.notRegex(String(content), /192\.168/);
  t.true(moved.some(({ path }) => path === 'usr/lib/gocli/chrony.conf'));
  t.false(files(planOf(undefined)).some(({ path }) => path.endsWith('chrony.conf')));
});

test('what no nodes can have is refused with what fits', (t) => {
  for (const [written, message, hint] of [
    ['10.5.0.0/16', /another size than \/24/, /10\.5\.0\.0\/24/],
    ['10.5.7.0/25', /another size/, /10\.5\.7\.0\/24/],
    ['10.5.0.1/24', /an address in a network/, /10\.5\.0\.0\/24/],
    ['10.5.0.0', /no network/, /10\.5\.0\.0\/24/],
    ['fd00::/64', /no network/, /IPv4/],
    ['300.1.1.0/24', /no network/, /IPv4/],
    ['127.0.0.0/24', /no network/, /IPv4/],
    ['169.254.3.0/24', /no network/, /IPv4/],
    ['239.1.1.0/24', /no network/, /IPv4/],
    ['', /no network/, /IPv4/],
  ] as const) {
    const error = t.throws(() => planOf(written), { code: 'BAD_VALUE', message }, written);
    t.regex((error as unknown as { hint: string }).hint, hint, written);
  }
});

test('a network that pods or services have is refused with whose it is', (t) => {
  for (const [written, whose] of [
    ['10.244.7.0/24', /^--network: 10\.244\.7\.0\/24 overlaps with the network of the pods$/],
    ['10.96.0.0/24', /of the services$/],
    ['10.111.255.0/24', /of the services$/],
  ] as const)
    t.throws(() => planOf(written), { code: 'BAD_VALUE', message: whose });
  t.notThrows(() => planOf('10.112.0.0/24'));
});
