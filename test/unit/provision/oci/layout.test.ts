import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readTree, type TreeEntry } from '../../../../gocli-ts/src/place/tree.ts';
import { imageBlobs } from '../../../../gocli-ts/src/provision/oci/image.ts';
import { writeLayer, writeLayout } from '../../../../gocli-ts/src/provision/oci/layout.ts';

const entries: TreeEntry[] = [{ path: 'pause', mode: 0o755, type: 'file', content: Buffer.from('pause') }];
const { signal } = new AbortController();
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

test('images that share a layer hold it once, and every blob is under its digest', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-oci-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const layer = await writeLayer(folder, entries, signal);
  t.is(sha256(await readFile(layer.path)), layer.digest);

  const images = ['a:1', 'b:1'].map((name) =>
    imageBlobs({ name, layers: [layer], entrypoint: [`/${name}`], labels: { x: 'y' } }),
  );
  await writeLayout(join(folder, 'all.tar'), images, [layer], signal);
  const files = (await readTree(createReadStream(join(folder, 'all.tar')))).flatMap((entry) =>
    entry.type === 'file' && Buffer.isBuffer(entry.content) ? [[entry.path, entry.content] as const] : [],
  );
  const blobs = files.filter(([path]) => path.startsWith('blobs/'));
  t.is(blobs.length, 1 + 2 * 2);
  for (const [path, content] of blobs) t.is(path, `blobs/sha256/${sha256(content)}`);

  const index: unknown = JSON.parse(String(files.find(([path]) => path === 'index.json')?.[1]));
  t.like(index, {
    manifests: [
      {
        digest: `sha256:${images[0]?.manifest.digest ?? ''}`,
        annotations: { 'io.containerd.image.name': 'a:1' },
      },
      { annotations: { 'io.containerd.image.name': 'b:1' } },
    ],
  });
});

test('configuration: entry point, labels, layers; nothing of the moment', (t) => {
  const layer = { digest: 'd'.repeat(64), size: 5 };
  const spec = { name: 'a:1', layers: [layer], entrypoint: ['/pause'], labels: { k: 'v' } };
  const { config, manifest } = imageBlobs(spec);
  t.like(JSON.parse(config.content.toString()), {
    config: { Entrypoint: ['/pause'], Labels: { k: 'v' } },
    rootfs: { diff_ids: [`sha256:${layer.digest}`] },
  });
  t.like(JSON.parse(manifest.content.toString()), {
    config: { digest: `sha256:${config.digest}`, size: config.size },
    layers: [{ digest: `sha256:${layer.digest}`, size: 5 }],
  });
  t.deepEqual(imageBlobs(spec), { name: 'a:1', config, manifest });
});
