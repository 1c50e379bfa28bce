import test from 'ava';
import { kubernetesKind } from '../../../gocli-ts/src/kubernetes/kind.ts';
import { copiesAs, loginAs } from '../../../gocli-ts/src/rig/ssh-users.ts';
import { vmKind } from '../../../gocli-ts/src/vm/kind.ts';
import { K8S_FACTS, stateOf } from '../../helpers/engine.ts';
import { tinyKind } from '../../kinds/tiny.ts';

const KINDS = [kubernetesKind, vmKind, tinyKind];
const tiny = stateOf();
const rigOf = (section: Record<string, unknown>): typeof tiny => ({
  ...tiny,
  plan: { ...tiny.plan, guest: { ...tiny.plan.guest, tiny: undefined, ...section } },
});
const cluster = rigOf({ kubernetes: K8S_FACTS['kubernetes'] });
const plain = rigOf({ vm: { user: 'debian' } });

test('one logs in as the user that a rig is made for, or as one who is named', (t) => {
  t.is(loginAs(undefined, cluster, KINDS), 'root');
  t.is(loginAs('cloud-user', cluster, KINDS), 'cloud-user');
  t.is(loginAs(undefined, plain, KINDS), 'debian');
  t.is(loginAs('root', plain, KINDS), 'root');
  t.is(loginAs(undefined, tiny, KINDS), 'root');
});

test('others are refused with those that there are', (t) => {
  for (const user of ['core', ''])
    t.throws(() => loginAs(user, cluster, KINDS), { code: 'BAD_VALUE', message: /as root or cloud-user/ });
  t.throws(() => loginAs('cloud-user', plain, KINDS), { code: 'BAD_VALUE', message: /as debian or root/ });
  t.throws(() => copiesAs('core', undefined, cluster, KINDS), { code: 'BAD_VALUE' });
  t.throws(() => copiesAs(undefined, 'core', cluster, KINDS), { code: 'BAD_VALUE' });
});

test('who is named copies; for whom the scripts of kubevirtci name, root does on nodes of Kubernetes', (t) => {
  t.is(copiesAs('cloud-user', undefined, cluster, KINDS), 'cloud-user');
  t.is(copiesAs('cloud-user', 'root', cluster, KINDS), 'cloud-user');
  t.is(copiesAs(undefined, 'cloud-user', cluster, KINDS), 'root');
  t.is(copiesAs(undefined, undefined, cluster, KINDS), 'root');
  t.is(copiesAs(undefined, undefined, plain, KINDS), 'debian');
  t.is(copiesAs('root', undefined, plain, KINDS), 'root');
  t.is(copiesAs(undefined, 'root', plain, KINDS), 'root');
});
