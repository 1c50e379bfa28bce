import test from 'ava';
import { plan } from '../../../../gocli-ts/src/api/run.ts';
import { readRunOptions } from '../../../../gocli-ts/src/api/options.ts';
import type { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { kubernetesKind } from '../../../../gocli-ts/src/kubernetes/kind.ts';
import { addonsOf } from '../../../../gocli-ts/src/kubernetes/section.ts';
import { planDifferences } from '../../../../gocli-ts/src/rig/make-plan.ts';
import type { RigPlan } from '../../../../gocli-ts/src/rig/plan.ts';
import { templateKey } from '../../../../gocli-ts/src/rig/template/key.ts';
import { CHECKOUT } from '../../../helpers/cli.ts';
import { addProvider, K8S_FACTS, makeEngine } from '../../../helpers/engine.ts';
import { FakeHost } from '../../../fakes/host.ts';
import type { ExecutionContext } from 'ava';

async function planOf(
  t: ExecutionContext,
  addon: string[] | undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<RigPlan> {
  const engine = await makeEngine(t);
  addProvider(engine.docker, K8S_FACTS);
  const context = { ...engine, host: new FakeHost(), env, cwd: '/', checkout: CHECKOUT };
  return plan({ provider: 'k8s-1.36', name: 'c', addon, kubevirtci: true }, context);
}

const KINDS = [kubernetesKind];

test('a plan without addons is what it was, and so is its key', async (t) => {
  const usual = await planOf(t, undefined);
  t.deepEqual(usual.guest['kubernetes'], K8S_FACTS['kubernetes']);
  t.deepEqual(await planOf(t, ['local-path']), usual);
  t.deepEqual(await planOf(t, undefined, { KUBEVIRT_DEPLOY_KWOK: 'false' }), usual);
});

test('an addon is a part of the plan with its version, files and options, and of the key', async (t) => {
  const usual = await planOf(t, undefined);
  const one = await planOf(t, ['kwok']);
  const other = await planOf(t, ['kwok,nodes=3']);
  t.like(addonsOf(other.guest)[0], { name: 'kwok', options: { nodes: 3 } });
  const keys = [usual, one, other].map((each) => templateKey(each, KINDS));
  t.is(new Set(keys).size, 3);
  t.regex(
    planDifferences(usual, one, kubernetesKind)[0] ?? '',
    /^addons: \[\] runs, \[.*kwok.* is asked for$/,
  );
});

test('a switch of kubevirtci adds to what else is asked for', async (t) => {
  const on = { KUBEVIRT_DEPLOY_KWOK: 'true' };
  const namesOf = (planned: RigPlan): string[] => addonsOf(planned.guest).map(({ name }) => name);
  t.deepEqual(namesOf(await planOf(t, undefined, on)), ['kwok']);
  t.like(addonsOf((await planOf(t, ['kwok,nodes=2'], on)).guest)[0], { options: { nodes: 2 } });
  t.is(readRunOptions({}, on, false).addon, undefined, 'only where kubevirtci counts');
});

test('an addon that there is not is refused with all else that is wrong', async (t) => {
  const engine = await makeEngine(t);
  const context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: CHECKOUT };
  const request = { provider: 'k8s-1.36', name: 'A', addon: ['kwik', 'kwok,nodes=x'] };
  const error = await t.throwsAsync<GocliError>(plan(request, context), { code: 'BAD_VALUE' });
  t.deepEqual(
    (error.observed ?? '').split('\n').map((line) => line.replace(/ \(.*/, '')),
    [
      '--name: "A" is not a cluster name',
      '--addon: there is no addon "kwik". Did you mean "kwok"?',
      '--addon: option nodes of addon kwok: "x" is no integer',
    ],
  );
});
