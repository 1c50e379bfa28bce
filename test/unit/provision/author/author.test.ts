import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { type GocliError, isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { bumpProvider, withLine } from '../../../../gocli-ts/src/provision/author/bump.ts';
import { newProvider } from '../../../../gocli-ts/src/provision/author/new-provider.ts';
import { lintProvider } from '../../../../gocli-ts/src/provision/lint/lint.ts';
import { readRecipe } from '../../../../gocli-ts/src/provision/recipe.ts';
import { FakeHost } from '../../../fakes/host.ts';
import { checkoutOf, FILES, writeBelow } from '../_providers.ts';

const folderOf = (checkout: string, version: string): string =>
  join(checkout, 'cluster-provision/k8s', version);

/** A host whose proxy serves these modules, and whose `go mod tidy` leaves everything as it is. */
async function goHost(checkout: string, kubeadm: { etcd: string }): Promise<FakeHost> {
  const upstream: Record<string, string> = {
    'k8s.io/kubernetes/go.mod': `module k8s.io/kubernetes
go 1.27.0
godebug default=go1.27
require github.com/spf13/cobra v1.11.0
replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
	example.com/x => example.com/y v1.0.0
)
`,
    'k8s.io/kubernetes/go.sum': 'example.com/x v1.0.0 h1:x\n',
    'k8s.io/kubernetes/cmd/kubeadm/app/constants/constants.go': `
	DefaultEtcdVersion = "${kubeadm.etcd}"
	CoreDNSVersion = "v1.14.2"
	PauseVersion = "3.10.3"
`,
    'go.etcd.io/etcd/server/v3/go.mod': 'module go.etcd.io/etcd/server/v3\n\ngo 1.26\n',
    'go.etcd.io/etcd/server/v3/go.sum': 'example.com/e v1.0.0 h1:e\n',
  };
  for (const [path, text] of Object.entries(upstream)) await writeBelow(checkout, `modules/${path}`, text);
  return new FakeHost().respond((argv) => {
    if (argv[2] !== 'download') return undefined;
    const [module = ''] = (argv.at(-1) ?? '').split('@');
    return { stdout: JSON.stringify({ Dir: join(checkout, 'modules', module) }) };
  });
}

function contextOf(host: FakeHost) {
  return { host, signal: new AbortController().signal };
}

/** Every file of a checkout but Go's, with its text. */
async function contentOf(checkout: string): Promise<Record<string, string>> {
  const entries = await readdir(checkout, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const mine = files.filter((file) => !file.startsWith(join(checkout, 'modules')));
  return Object.fromEntries(
    await Promise.all(mine.map(async (file) => [file, await readFile(file, 'utf8')] as const)),
  );
}

for (const from of ['1.36', '1.37']) {
  test(`a new version from ${from} has its data alone, and nothing is wrong with it`, async (t) => {
    const checkout = await checkoutOf(t);
    const { provider, files } = await newProvider(folderOf(checkout, from), 'k8s', '1.38');
    t.is(provider, 'k8s-1.38');
    t.deepEqual(files.map((file) => file.replace(`${checkout}/`, '')).sort(), [
      'cluster-provision/k8s/1.38/README.md',
      ...['go.mod', 'go.sum'].map((name) => `cluster-provision/k8s/1.38/kubernetes/${name}`),
      'cluster-provision/k8s/1.38/provider.yaml',
      'cluster-up/cluster/k8s-1.38/provider.sh',
    ]);
    t.deepEqual((await lintProvider(folderOf(checkout, '1.38'), contextOf(noGo()))).findings, []);
    const recipe = await readRecipe(folderOf(checkout, '1.38'));
    t.is(recipe.base, folderOf(checkout, '1.36'));
    t.is(
      await readFile(join(checkout, 'cluster-up/cluster/k8s-1.38/provider.sh'), 'utf8'),
      '# Kubernetes 1.38\n',
    );
  });
}

function noGo(): FakeHost {
  const host = new FakeHost();
  host.missing.add('go');
  return host;
}

test('a version that is there is not made again', async (t) => {
  const checkout = await checkoutOf(t);
  const before = await contentOf(checkout);
  const error = await t.throwsAsync(newProvider(folderOf(checkout, '1.36'), 'k8s', '1.37'));
  t.true(isCode(error, 'CONFLICT'));
  t.deepEqual(await contentOf(checkout), before);
});

test('another release changes module, names of images and changelog, and keeps comments', async (t) => {
  const checkout = await checkoutOf(t);
  const folder = folderOf(checkout, '1.36');
  const host = await goHost(checkout, { etcd: '3.6.8-0' });
  const { from, to, files } = await bumpProvider(folder, '1.36.4', contextOf(host));
  t.deepEqual([from, to], ['1.36.3', '1.36.4']);
  t.deepEqual(files.map((file) => file.replace(`${checkout}/`, '')).sort(), [
    'CHANGELOG.md',
    'cluster-provision/k8s/1.36/kubernetes/go.mod',
    'cluster-provision/k8s/1.36/kubernetes/go.sum',
    'cluster-provision/k8s/1.36/provider.yaml',
  ]);
  const yaml = await readFile(join(folder, 'provider.yaml'), 'utf8');
  const expected = (FILES['cluster-provision/k8s/1.36/provider.yaml'] ?? '')
    .replaceAll('1.36.3', '1.36.4')
    .replaceAll('3.10.2', '3.10.3');
  t.is(yaml, expected);
  const mod = await readFile(join(folder, 'kubernetes/go.mod'), 'utf8');
  for (const line of [
    'module gocli.io/k8s/x',
    'go 1.27.0',
    'godebug default=go1.27',
    'github.com/spf13/cobra v1.11.0',
    'k8s.io/client-go v0.36.4',
    'k8s.io/kubernetes v1.36.4',
    'k8s.io/api => k8s.io/api v0.36.4',
    'tool k8s.io/kubernetes/cmd/kubectl',
  ])
    t.true(mod.includes(line), `${line} in\n${mod}`);
  t.false(mod.includes('example.com/y'));
  t.is(await readFile(join(folder, 'kubernetes/go.sum'), 'utf8'), 'example.com/x v1.0.0 h1:x\n');
  t.regex(
    await readFile(join(checkout, 'CHANGELOG.md'), 'utf8'),
    /News\.\n\n- k8s-1\.36 has Kubernetes 1\.36\.4\.\n- Older\./,
  );
  t.deepEqual((await lintProvider(folder, contextOf(noGo()))).findings, []);
});

test('what kubeadm asks for beside Kubernetes comes along, as a module of its own', async (t) => {
  const checkout = await checkoutOf(t);
  const folder = folderOf(checkout, '1.37');
  const host = await goHost(checkout, { etcd: '3.7.0-0' });
  await bumpProvider(folder, '1.37.3', contextOf(host));
  const mod = await readFile(join(folder, 'etcd/go.mod'), 'utf8');
  t.regex(mod, /^module gocli\.io\/k8s\/1\.37\/etcd$/m);
  const permissions = async (name: string): Promise<number> => (await stat(join(folder, name))).mode & 0o755;
  t.is(await permissions('etcd'), await permissions('kubernetes'), 'for whoever reads the checkout');
  t.regex(mod, /^require go\.etcd\.io\/etcd\/server\/v3 v3\.7\.0$/m);
  t.like(parse(await readFile(join(folder, 'provider.yaml'), 'utf8')), {
    extends: 'k8s/1.36',
    kubernetes: { version: '1.37.3' },
    tags: {
      'registry.k8s.io/kube-apiserver': 'v1.37.3',
      'registry.k8s.io/etcd': '3.7.0-0',
      'registry.k8s.io/pause': '3.10.3',
    },
    components: [{ name: 'pause', c: { version: 'v3.10.3' } }],
  });
  t.deepEqual((await lintProvider(folder, contextOf(noGo()))).findings, []);

  // With the version that all share, the own module is not needed any more.
  const back = await goHost(checkout, { etcd: '3.6.8-0' });
  const { files } = await bumpProvider(folder, '1.37.4', contextOf(back));
  t.true(files.some((file) => file.endsWith('1.37/etcd/go.mod')));
  await t.throwsAsync(access(join(folder, 'etcd')));
  t.deepEqual((await lintProvider(folder, contextOf(noGo()))).findings, []);
});

test('what cannot be had is refused by the name of the module, and nothing is changed', async (t) => {
  const checkout = await checkoutOf(t);
  const folder = folderOf(checkout, '1.36');
  const refused = await goHost(checkout, { etcd: '3.6.8-0' });
  refused.respond((argv) =>
    argv[2] === 'download'
      ? { exitCode: 1, stdout: '{"Error": "k8s.io/kubernetes@v1.36.6: reading …: 403 Forbidden"}' }
      : undefined,
  );
  const needed = await goHost(checkout, { etcd: '3.6.8-0' });
  needed.respond((argv) =>
    argv[2] === 'tidy'
      ? { exitCode: 1, stderr: 'go: example.com/needed@v1.2.3: reading https://proxy/…: 403 Forbidden' }
      : undefined,
  );
  const etcd = await goHost(checkout, { etcd: '3.9.0-0' });
  etcd.respond((argv) =>
    String(argv.at(-1)).startsWith('go.etcd.io')
      ? { exitCode: 1, stdout: '{"Error": "not found"}' }
      : undefined,
  );
  const before = await contentOf(checkout);
  for (const [host, module] of [
    [refused, 'k8s.io/kubernetes@v1.36.6'],
    [needed, 'example.com/needed@v1.2.3'],
    [etcd, 'go.etcd.io/etcd/server/v3@v3.9.0'],
  ] as const) {
    const error = await t.throwsAsync(bumpProvider(folder, '1.36.6', contextOf(host)));
    t.true(isCode(error, 'DOWNLOAD') && error.message.includes(module), error.message);
    t.deepEqual(await contentOf(checkout), before);
  }
});

test('a folder that is called after a minor version has no release of another', async (t) => {
  const checkout = await checkoutOf(t, FILES);
  const folder = folderOf(checkout, '1.36');
  const before = await contentOf(checkout);
  const error = await t.throwsAsync<GocliError>(bumpProvider(folder, '1.38.0', contextOf(new FakeHost())), {
    code: 'BAD_VALUE',
    message: /^1\.38\.0 is no release of 1\.36/,
  });
  t.regex(error.hint ?? '', /gocli provider new k8s\/1\.38 --from k8s\/1\.36$/);
  t.deepEqual(await contentOf(checkout), before);
});

test('a line goes to the head of what is not released, and nowhere else', (t) => {
  t.is(withLine('## Unreleased\n\n- a\n', 'b'), '## Unreleased\n\n- b\n- a\n');
  t.is(withLine('## Unreleased\n', 'b'), '## Unreleased\n\n- b\n');
  t.is(withLine('## 1.0\n', 'b'), '## 1.0\n');
});
