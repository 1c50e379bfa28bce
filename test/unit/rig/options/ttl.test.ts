import test from 'ava';
import { readRunOptions, type RunInputs } from '../../../../gocli-ts/src/api/options.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { hostNamed } from '../../../../gocli-ts/src/rig/identity.ts';
import { planDifferences, planRig } from '../../../../gocli-ts/src/rig/make-plan.ts';
import type { RigPlan } from '../../../../gocli-ts/src/rig/plan.ts';
import { templateKey } from '../../../../gocli-ts/src/rig/template/key.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { addProvider, VM_FACTS } from '../../../helpers/engine.ts';
import { tinyKind } from '../../../kinds/tiny.ts';

const image = addProvider(new FakeDocker(), VM_FACTS);
const KINDS = [tinyKind];

function planOf(inputs: RunInputs): RigPlan {
  const values = { name: 'c', ...readRunOptions(inputs, {}, false) };
  return planRig({ image, reference: 'x', values }, KINDS);
}

test('a time limit is of the host alone, and no difference between plans', (t) => {
  const limited = planOf({ ttl: '2h', ttlEvidence: true });
  t.like(limited.host, { ttlMs: 7_200_000, ttlEvidence: true });
  const free = planOf({});
  t.false('ttlMs' in free.host || 'ttlEvidence' in planOf({ ttl: '2h', ttlEvidence: false }).host);
  t.is(templateKey(limited, KINDS), templateKey(free, KINDS));
  t.deepEqual(planDifferences(limited, free, tinyKind), []);
  t.deepEqual(planDifferences(free, limited, tinyKind), []);
});

test('it stays with a rig that gets another name', (t) => {
  const { host } = planOf({ ttl: '90s', ttlEvidence: true });
  t.deepEqual(hostNamed(host, { id: 'c', name: 'd' }), { ...host, id: 'c', name: 'd' });
});

test('all that is wrong with it is told at once', (t) => {
  const error = t.throws(() => readRunOptions({ ttl: '2 hours', nodes: 0 }, {}, false), {
    instanceOf: GocliError,
  });
  t.regex(error.observed ?? '', /^--ttl: "2 hours" is not a duration[^]*--nodes: 0 is out of range/);
  t.throws(() => planOf({ ttlEvidence: true }), {
    code: 'BAD_VALUE',
    message: '--ttl-evidence: without --ttl nothing removes it',
  });
});
