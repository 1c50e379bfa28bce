import test from 'ava';
import { readRunOptions } from '../../../../gocli-ts/src/api/options.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { templateKey } from '../../../../gocli-ts/src/rig/template/key.ts';
import { planDifferences, planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import { nodePlans, type RigPlan } from '../../../../gocli-ts/src/rig/plan.ts';
import { tinyKind } from '../../../kinds/tiny.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { addProvider, requestFor, VM_FACTS } from '../../../helpers/engine.ts';

const image = addProvider(new FakeDocker(), VM_FACTS);
const KINDS = [tinyKind];

function planOf(asked: Parameters<typeof requestFor>[1]): RigPlan {
  return planRig(requestFor(image, asked), KINDS);
}

test('a value for all nodes, and others for some, in one flag or several', (t) => {
  for (const memory of [
    ['256M', 'node02=512M'],
    ['node2=512M,256M'],
    ['1G', 'node02=1G', 'node02=512M', '256M'],
  ]) {
    const { guest } = planOf({ nodes: 3, memory });
    t.deepEqual(
      nodePlans(guest).map(({ memoryMiB }) => memoryMiB),
      [256, 512, 256],
    );
  }
});

test('of one list all that is wrong is told, and that a node stands in it twice', (t) => {
  const wrong = (memory: string | string[]): string[] => {
    const error = t.throws<GocliError>(() => planOf({ nodes: 3, memory }), { instanceOf: GocliError });
    return (error.observed ?? error.message).split('\n').map((line) => line.replace(/ \(.*/, ''));
  };
  t.deepEqual(wrong('node00=1G,much,node2=1G,node02=2G'), [
    '--memory: there is no node00',
    '--memory: "much" is not a size',
    '--memory: node02 is said twice: node00=1G,much,node2=1G,node02=2G',
  ]);
  t.deepEqual(wrong(['1G,2G', 'node03=x']), [
    '--memory: the value of all nodes is said twice: 1G,2G',
    '--memory: "x" is not a size',
  ]);
});

test('a plan in which all nodes are equal has no trace of single ones', (t) => {
  t.false('perNode' in planOf({ memory: '256M', cpu: 2 }).guest);
});

test('the order in which nodes are written makes no other plan', (t) => {
  const one = planOf({ nodes: 3, memory: 'node03=1G,node02=512M,256M' });
  const other = planOf({ nodes: 3, memory: ['256M', 'node2=512M', 'node03=1G'] });
  t.is(templateKey(one, KINDS), templateKey(other, KINDS));
  t.deepEqual(planDifferences(one, other, tinyKind), []);
  const { perNode = {} } = one.guest;
  const older = {
    ...one,
    guest: { ...one.guest, perNode: Object.fromEntries(Object.entries(perNode).reverse()) },
  };
  t.deepEqual(planDifferences(older, one, tinyKind), []);
});

test('a size without a unit is told from one that is too small', (t) => {
  const without = { message: /: "3072" is 3.0 KiB, less than 1M$/ };
  t.throws(() => planOf({ memory: '3072' }), without);
  t.throws(() => planOf({ diskSize: '3072' }), without);
});

test('single nodes make another template and are a difference', (t) => {
  const [equal, single] = [planOf({ nodes: 2 }), planOf({ nodes: 2, cpu: ['node02=4'] })];
  t.not(templateKey(single, KINDS), templateKey(equal, KINDS));
  t.deepEqual(planDifferences(equal, single, tinyKind), [
    'vCPUs per node: 1 runs, {"all":1,"node02":4} is asked for',
  ]);
});

test('nodes that are not there, and values that one of them cannot have, are refused together', (t) => {
  const error = t.throws(() => planOf({ nodes: 2, memory: ['1M', 'node03=1G'], cpu: 'node07=2' }), {
    code: 'BAD_VALUE',
  });
  const { observed = '' } = error as unknown as { observed?: string };
  t.regex(observed, /^--memory: there is no node03 in a plan of 2 nodes/m);
  t.regex(observed, /^--cpu: there is no node07 in a plan of 2 nodes/m);
  t.throws(() => planOf({ memory: ['1G', 'node01=1M'] }), { message: /^--memory: 1M is too little/ });
  for (const memory of ['node00=1G', 'node01=', 'node01', 'master=1G', ''])
    t.throws(() => readRunOptions({ memory }, {}, false), { code: 'BAD_VALUE', message: /^--memory: / });
  for (const cpu of ['0', '65', '1.5', 'x', 'node01=0'])
    t.throws(() => readRunOptions({ cpu }, {}, false), { code: 'BAD_VALUE', message: /^--cpu: / });
});
