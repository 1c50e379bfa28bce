import test from 'ava';
import { FakeHost } from '../../../fakes/host.ts';
import { buildArguments, listPrograms, programs } from '../../../../gocli-ts/src/provision/go/module.ts';

const tool = (
  path: string,
  version: string,
): { ImportPath: string; Module: { Path: string; Version: string } } => ({
  ImportPath: path,
  Module: { Path: path, Version: version },
});

test('an only tool is named after its component', (t) => {
  t.deepEqual(programs('etcd', false, [tool('go.etcd.io/etcd/server/v3', 'v3.6.8')]), [
    { name: 'etcd', package: 'go.etcd.io/etcd/server/v3', version: 'v3.6.8' },
  ]);
});

test('several are named after their packages, the main package after the component', (t) => {
  const found = programs('kubernetes', true, [
    tool('k8s.io/kubernetes/cmd/kubectl', 'v1.36.3'),
    tool('example.com/server/v2', 'v2.0.0'),
  ]);
  t.deepEqual(
    found.map(({ name, package: path }) => [name, path]),
    [
      ['kubernetes', '.'],
      ['kubectl', 'k8s.io/kubernetes/cmd/kubectl'],
      ['server', 'example.com/server/v2'],
    ],
  );
});

test('a main.go elsewhere is built by its path', async (t) => {
  const module = {
    component: 'kubernetes',
    folder: '/k8s/1.37/kubernetes',
    main: '/k8s/1.36/kubernetes/main.go',
  };
  const context = { host: new FakeHost(), signal: new AbortController().signal };
  t.deepEqual(await listPrograms(module, context), [
    { name: 'kubernetes', package: module.main, version: '' },
  ]);
});

test('variables are set by the linker', (t) => {
  const program = { name: 'p', package: '.', version: '' };
  t.deepEqual(buildArguments(program, '/out/p', { 'a/b.c': 'v1' }), [
    ...['build', '-v', '-trimpath', '-ldflags', '-s -w -X a/b.c=v1', '-o', '/out/p', '.'],
  ]);
});
