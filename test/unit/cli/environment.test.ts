import test from 'ava';
import fc from 'fast-check';
import { quoteAll } from '../../../gocli-ts/src/shared/quote.ts';
import { readRunOptions } from '../../../gocli-ts/src/api/options.ts';
import { readEnvironment } from '../../../gocli-ts/src/cli/environment.ts';
import { UNHONOURED_VARIABLES } from '../../../gocli-ts/src/cli/kubevirtci-variables.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';

test('nothing set asks for nothing', (t) => {
  t.deepEqual(readEnvironment({}), { extraArguments: [], warnings: [], errors: [] });
});

test('an empty value counts as none', (t) => {
  const empty = {
    KUBEVIRT_PROVIDER: '',
    KUBEVIRT_NUM_NODES: '',
    KUBEVIRTCI_RUNTIME: '',
    KUBEVIRT_WITH_SRIOV: '',
  };
  t.deepEqual(readEnvironment(empty), { extraArguments: [], warnings: [], errors: [] });
});

test('everything honoured ends up in the request', (t) => {
  const request = readEnvironment({
    KUBEVIRT_PROVIDER: 'k8s-1.36',
    KUBEVIRT_NUM_NODES: '3',
    KUBEVIRT_NUM_VCPU: '6',
    KUBEVIRT_MEMORY_SIZE: '5120M',
    KUBEVIRTCI_TAG: '2608040401-66e500cf',
    KUBEVIRTCI_RUNTIME: 'docker',
    KUBEVIRTCI_CONTAINER_REGISTRY: 'registry.example:5000',
    KUBEVIRTCI_CONTAINER_ORG: 'team/kubevirtci',
    KUBEVIRT_PROVIDER_EXTRA_ARGS: '--k8s-port 6443',
    GLOBAL_KUBECONFIG: '/home/user/my config',
  });
  t.deepEqual(request, {
    provider: 'k8s-1.36',
    extraArguments: ['--k8s-port', '6443'],
    globalKubeconfig: '/home/user/my config',
    warnings: [],
    errors: [],
  });
});

test('what is an option is read by it, and a flag counts more', (t) => {
  const env = {
    KUBEVIRT_NUM_NODES: '3',
    KUBEVIRT_NUM_VCPU: '6',
    KUBEVIRT_MEMORY_SIZE: '5120M',
    KUBEVIRTCI_TAG: '2608040401-66e500cf',
    KUBEVIRTCI_CONTAINER_REGISTRY: 'registry.example:5000',
    KUBEVIRTCI_CONTAINER_ORG: 'team/kubevirtci',
    GOCLI_TEMPLATE_BUDGET: '',
  };
  t.deepEqual(readRunOptions({}, env, true), {
    nodes: 3,
    cpu: { all: 6, nodes: {} },
    memory: { all: 5120, nodes: {} },
    containerSuffix: '2608040401-66e500cf',
    containerRegistry: 'registry.example:5000',
    containerOrg: 'team/kubevirtci',
  });
  t.is(readRunOptions({ nodes: 2 }, env, true).nodes, 2);
  t.deepEqual(readRunOptions({}, env, false), {});
});

test('all that is wrong is said at once, each with its flag or variable', (t) => {
  const env = { KUBEVIRT_NUM_VCPU: 'x', GOCLI_TEMPLATE_BUDGET: '1X' };
  const error = t.throws(() => readRunOptions({ nodes: 0, name: 'A' }, env, true), {
    instanceOf: GocliError,
    code: 'BAD_VALUE',
    message: '4 values are not accepted',
  });
  for (const at of ['--nodes: 0', '--name: "A"', 'KUBEVIRT_NUM_VCPU: x', 'GOCLI_TEMPLATE_BUDGET: "1X"'])
    t.true(error.observed?.includes(at), at);
});

const malformed: readonly [string, string, RegExp][] = [
  ['KUBEVIRT_PROVIDER', '../etc', /such as k8s-1\.36/],
  ['KUBEVIRT_NUM_NODES', 'two', /1 to 99/],
  ['KUBEVIRT_NUM_NODES', '0', /1 to 99/],
  ['KUBEVIRT_NUM_NODES', '1000', /1 to 99/],
  ['KUBEVIRT_NUM_VCPU', '2.5', /1 to 64/],
  ['KUBEVIRT_NUM_VCPU', '-1', /1 to 64/],
  ['KUBEVIRT_MEMORY_SIZE', '5G0', /3072M/],
  ['KUBEVIRTCI_TAG', 'a b', /tag/],
  ['KUBEVIRTCI_RUNTIME', 'podman', /DOCKER_HOST=unix:\/\/\/run\/podman/],
  ['KUBEVIRTCI_RUNTIME', 'dokcer', /docker/],
  ['KUBEVIRTCI_CONTAINER_REGISTRY', 'https://quay.io', /host name/],
  ['KUBEVIRTCI_CONTAINER_ORG', '/kubevirtci', /path/],
  ['KUBEVIRT_PROVIDER_EXTRA_ARGS', '--name "x', /quoted as for a shell/],
  ['KUBEVIRT_PROVIDER_EXTRA_ARGS', '--memory 4G; echo', /";" is for a shell/],
  ['KUBEVIRT_PROVIDER_EXTRA_ARGS', '--memory 4G && echo', /"&" is for a shell/],
  ['KUBEVIRT_PROVIDER_EXTRA_ARGS', '--k8s-port $(port)', /"\(" is for a shell/],
];

function read(env: Record<string, string>): void {
  const [error] = readEnvironment(env).errors;
  if (error !== undefined) throw error;
  readRunOptions({}, env, true);
}

for (const [name, text, accepted] of malformed) {
  test(`${name}=${text} is refused with the variable, the value and what is accepted`, (t) => {
    const error = t.throws(
      () => {
        read({ [name]: text });
      },
      { instanceOf: GocliError },
    );
    t.is(error.code, 'BAD_VALUE');
    t.true(error.message.includes(name) && error.message.includes(text));
    t.regex(error.hint ?? '', accepted);
  });
}

test('no variable that is wrong hides another', (t) => {
  const env = { KUBEVIRTCI_RUNTIME: 'x', KUBEVIRT_PROVIDER: 'A', KUBEVIRT_PROVIDER_EXTRA_ARGS: '"' };
  t.deepEqual(
    readEnvironment(env).errors.map(({ message }) => message.split(':')[0]),
    Object.keys(env),
  );
});

test('each variable that is known and not honoured is one warning line that names it', (t) => {
  for (const name of Object.keys(UNHONOURED_VARIABLES)) {
    const { warnings } = readEnvironment({ [name]: '7' });
    t.is(warnings.length, 1, name);
    t.true(warnings[0]?.startsWith(`${name} `));
    t.false(warnings[0]?.includes('\n'));
  }
});

test('a variable that asks for what gocli does anyway is no warning', (t) => {
  const defaults = { KUBEVIRT_DEPLOY_CDI: 'false', KUBEVIRT_CGROUPV2: 'true', KUBEVIRT_NUM_NUMA_NODES: '1' };
  t.deepEqual(readEnvironment(defaults).warnings, []);
});

test('variables of others are left alone', (t) => {
  const foreign = { KUBEVIRT_MEMORY_OVERCOMMIT: '200', KUBEVIRTISH: 'x', CI: 'true', JOB_NAME: 'periodic' };
  t.deepEqual(readEnvironment(foreign), { extraArguments: [], warnings: [], errors: [] });
});

test('extra arguments are split as a shell does, without expansion', (t) => {
  const text = `--kernel-args 'quiet  debug' --name "a b" $HOME *.ts a\\ b ""`;
  t.deepEqual(readEnvironment({ KUBEVIRT_PROVIDER_EXTRA_ARGS: text }).extraArguments, [
    '--kernel-args',
    'quiet  debug',
    '--name',
    'a b',
    '$HOME',
    '*.ts',
    'a b',
    '',
  ]);
});

test('whatever was quoted for a shell is split into the same words', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
      const { extraArguments } = readEnvironment({ KUBEVIRT_PROVIDER_EXTRA_ARGS: quoteAll(words) });
      t.deepEqual(extraArguments, words);
    }),
  );
});
