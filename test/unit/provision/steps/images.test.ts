import { createReadStream, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';
import type { ImageConfig } from '../../../../gocli-ts/src/provider/schema.ts';
import { readTree } from '../../../../gocli-ts/src/place/tree.ts';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { provision } from '../../../../gocli-ts/src/provision/provision.ts';
import { checkedVersion, imagesStep } from '../../../../gocli-ts/src/provision/steps/images.ts';
import { FakeHost } from '../../../fakes/host.ts';
import { type Bench, fakeStep, openBench, PROVIDER_YAML } from '../_bench.ts';

const IMAGES = `
components: [{ name: kubernetes, names: [kube-proxy] }]
images:
  - { name: 'registry.k8s.io/kube-scheduler:v1.36.3', programs: [kubernetes] }
  - { name: 'registry.k8s.io/kube-proxy:v1.36.3', programs: [kubernetes], packages: [nftables] }
`;
const manifestSchema = z.object({ layers: z.array(z.object({ digest: z.string() })) });
const indexSchema = z.object({ manifests: z.array(z.object({ digest: z.string() })) });

async function open(t: ExecutionContext, host: FakeHost): Promise<Bench> {
  const bench = await openBench(t);
  await writeFile(join(bench.folder, 'provider.yaml'), PROVIDER_YAML + IMAGES);
  return { ...bench, deps: { ...bench.deps, host } };
}

const resolve = fakeStep('resolve', [], {
  run: ({ output }) => writeFile(join(output, 'images.list'), 'libc6=2.41-12\nnftables=1.1.3-1\n'),
});
const components = fakeStep('components', [], {
  run: async ({ output }) => {
    await mkdir(join(output, 'bin'));
    await writeFile(join(output, 'bin', 'kubernetes'), 'program');
    await writeFile(join(output, 'versions.json'), '{"kubernetes":"v1.36.3"}');
  },
});
const steps = [resolve, components, imagesStep()];

/** A host whose mmdebstrap extracts nothing and says that it took two packages. */
function debian(): FakeHost {
  return new FakeHost().respond((argv) => {
    if (argv[0] !== 'mmdebstrap') return undefined;
    const tar = argv.find((word) => word.endsWith('.tar')) ?? '';
    writeFileSync(tar, Buffer.alloc(1024));
    writeFileSync(
      tar.replace(/tar$/, 'names'),
      '/a/libc6_2.41-12_amd64.deb\n/a/nftables_1.1.3-1_amd64.deb\n',
    );
    return {};
  });
}

test('images of one program share its layer, which is the lowest of each', async (t) => {
  const bench = await open(t, debian());
  const { results } = await provision({ folder: bench.folder, steps }, bench.deps);
  const file = join(results.get('images')?.result.folder ?? '', 'images.tar');
  const content = new Map(
    (await readTree(createReadStream(file))).flatMap((entry) =>
      entry.type === 'file' && Buffer.isBuffer(entry.content) ? [[entry.path, entry.content.toString()]] : [],
    ),
  );
  const json = (path: string): unknown => JSON.parse(content.get(path) ?? '{}');
  const layers = indexSchema
    .parse(json('index.json'))
    .manifests.map(({ digest }) => manifestSchema.parse(json(`blobs/sha256/${digest.slice(7)}`)).layers);
  t.deepEqual(
    layers.map(({ length }) => length),
    [1, 2],
  );
  t.deepEqual(layers[0]?.[0], layers[1]?.[0]);
});

test('packages that cannot be had are named', async (t) => {
  const host = new FakeHost().respond((argv) =>
    argv[0] === 'mmdebstrap' ? { exitCode: 25, stderr: 'E: Unable to locate package nftables' } : undefined,
  );
  const bench = await open(t, host);
  const error = await t.throwsAsync(provision({ folder: bench.folder, steps }, bench.deps));
  t.true(isCode(error, 'DOWNLOAD'));
  t.regex(error.message, /nftables/);
});

const image = (name: string, programs: string[]): ImageConfig => ({
  name,
  programs,
  packages: [],
  links: {},
  entrypoint: [],
});

test('the tag of an image is the version of its programs', (t) => {
  const versions = { etcd: 'v3.6.8', coredns: 'v1.14.2' };
  t.is(checkedVersion(image('r.io/etcd:3.6.8-0', ['etcd']), versions), '3.6.8-0');
  t.is(checkedVersion(image('r.io/coredns:v1.14.2', ['coredns']), versions), '1.14.2');
  t.is(checkedVersion(image('localhost/busybox:1.37', []), versions), '1.37');
  for (const wrong of [image('r.io/etcd:3.6.9-0', ['etcd']), image('r.io/x:1', ['nothing'])]) {
    const error = t.throws(() => checkedVersion(wrong, versions));
    t.true(isCode(error, 'BAD_FILE'));
  }
});
