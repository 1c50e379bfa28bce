import test from 'ava';
import type { Check } from '../../../../gocli-ts/src/api/doctor/finding.ts';
import { CHECKS, runChecks } from '../../../../gocli-ts/src/api/doctor/doctor.ts';
import { renderChecks } from '../../../../gocli-ts/src/cli/render/checks.ts';
import type { Context } from '../../../../gocli-ts/src/api/context.ts';
import { kubernetesKind } from '../../../../gocli-ts/src/kubernetes/kind.ts';
import { vmKind } from '../../../../gocli-ts/src/vm/kind.ts';
import { FACTS_LABEL } from '../../../../gocli-ts/src/provider/facts.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { FakeDocker } from '../../../fakes/docker.ts';

const FACTS = {
  format: 1,
  name: 'k8s-1.36',
  defaults: { nodes: 1, cpus: 2, memoryMiB: 3072 },
  kernelArgs: [],
  disk: true,
};
const KUBERNETES = { version: '1.36.3', podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' };

function contextOf(docker: FakeDocker): Context {
  const { signal } = new AbortController();
  return { docker, signal, kinds: [kubernetesKind, vmKind] } as Partial<Context> as Context;
}

/** Tells what the shared context holds. */
const echo: Check = {
  id: 'echo',
  title: 'Echo',
  run: ({ docker, providers, bootable }) =>
    Promise.resolve({
      state: 'ok',
      observed: `${docker instanceof Error ? docker.message : docker.version} ${providers.length} of ${bootable.length}`,
    }),
};

test('identifiers are unique, for scripts', (t) => {
  t.is(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
});

test('an image of any kind that is known is a provider; of another, or with a label that cannot be read, it is none', async (t) => {
  const docker = new FakeDocker();
  docker.addImage('gocli/k8s-1.36:latest', {
    [FACTS_LABEL]: JSON.stringify({ ...FACTS, kubernetes: KUBERNETES }),
  });
  docker.addImage('gocli/vm-debian-13:latest', {
    [FACTS_LABEL]: JSON.stringify({ ...FACTS, name: 'vm-debian-13', vm: { user: 'debian' } }),
  });
  docker.addImage('gocli/tiny:1', { [FACTS_LABEL]: JSON.stringify({ ...FACTS, name: 'tiny' }) });
  docker.addImage('other', { [FACTS_LABEL]: '{nonsense' });
  t.is((await runChecks([echo], contextOf(docker)))[0]?.observed, '20.10.24 2 of 4');
});

test('without a daemon the checks still run', async (t) => {
  const docker = new FakeDocker().failNext('system.info', new GocliError('DOCKER_UNREACHABLE', 'no daemon'));
  t.is((await runChecks([echo], contextOf(docker)))[0]?.observed, 'no daemon 0 of 0');
});

test('a check that breaks has failed, the others hold', async (t) => {
  const broken: Check = { id: 'broken', title: 'Broken', run: () => Promise.reject(new Error('oops')) };
  const results = await runChecks([broken, echo], contextOf(new FakeDocker()));
  t.deepEqual(
    results.map(({ id, state }) => [id, state]),
    [
      ['broken', 'failed'],
      ['echo', 'ok'],
    ],
  );
  t.is(results[0]?.observed, 'oops');
});

test('for people: marks, what to do, a verdict', (t) => {
  const results = [
    { id: 'a', title: 'One', state: 'ok' as const, observed: 'fine' },
    { id: 'b', title: 'Three', state: 'failed' as const, observed: 'gone', advice: 'get it' },
  ];
  t.is(
    renderChecks(results),
    '✓ One    fine\n✗ Three  gone\n         What to do: get it\n\nClusters cannot run here yet; failed checks: 1.\n',
  );
});
