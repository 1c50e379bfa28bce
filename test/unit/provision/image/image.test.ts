import test from 'ava';
import { parseProviderFile } from '../../../../gocli-ts/src/provider/provider-file.ts';
import { FACTS_LABEL, providerFactsSchema } from '../../../../gocli-ts/src/provider/facts.ts';
import { Cleanup } from '../../../../gocli-ts/src/shared/cleanup.ts';
import { imageLabels, labelInstruction } from '../../../../gocli-ts/src/provision/image/labels.ts';
import { tarArguments } from '../../../../gocli-ts/src/provision/image/layer.ts';
import { PROVIDER_YAML } from '../_bench.ts';

test('labels tell what a cluster start needs, and nothing of the run that made the image', (t) => {
  const provider = parseProviderFile(PROVIDER_YAML, 'f');
  const labels = imageLabels({
    provider,
    description: 'a node',
    recipeHash: 'ab'.repeat(32),
    version: '0.1.0',
    components: { etcd: 'v3.6.8' },
  });
  t.like(providerFactsSchema.parse(JSON.parse(labels[FACTS_LABEL] ?? '')), {
    name: 'k8s-1.36',
    disk: true,
    defaults: { nodes: 1, cpus: 2, memoryMiB: 3072 },
  });
  t.is(labels['io.gocli.kubernetes.version'], '1.36.3');
  t.is(labels['io.gocli.run'], '');
});

test('a label instruction keeps quotes and dollars', (t) => {
  t.is(labelInstruction(['a', '{"b":"$HOME"}']), String.raw`LABEL "a"="{\"b\":\"\$HOME\"}"`);
});

test('a layer does not depend on who packs it', (t) => {
  const argv = tarArguments('image', [
    { folder: '/a', names: ['x', 'y'] },
    { folder: '/b', names: ['z'] },
  ]);
  t.deepEqual(argv.slice(-6), ['-C', '/a', 'x', 'y', '-C', '/b', 'z'].slice(-6));
  for (const word of ['--owner=0', '--group=0', '--mtime=@0']) t.true(argv.includes(word));
});

test('everything is released, the last first, and the first error is told', async (t) => {
  const order: number[] = [];
  const cleanup = new Cleanup();
  for (const number of [1, 2, 3]) {
    cleanup.add(() => {
      order.push(number);
      return number === 1 ? Promise.resolve() : Promise.reject(new Error(String(number)));
    });
  }
  await t.throwsAsync(cleanup[Symbol.asyncDispose](), { message: '3' });
  t.deepEqual(order, [3, 2, 1]);
});
