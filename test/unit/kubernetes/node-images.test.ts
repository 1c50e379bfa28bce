import test from 'ava';
import { mergeImages, parseImages } from '../../../gocli-ts/src/kubernetes/node-images.ts';

const image = (id: string, tags: readonly string[], more: object = {}) => ({
  id: `sha256:${id.repeat(64)}`,
  repoTags: tags,
  repoDigests: [],
  size: '1024',
  pinned: false,
  ...more,
});

function printed(images: readonly object[], containers: readonly object[] | null = null): string {
  return `${JSON.stringify({ images })}\n----\n${JSON.stringify({ containers })}`;
}

test('images of a node are read with what uses them', (t) => {
  const images = parseImages(
    printed(
      [image('a', ['docker.io/library/a:1']), image('b', []), image('c', ['pause:3'], { pinned: true })],
      [{ image: { image: `sha256:${'a'.repeat(64)}` }, imageRef: 'x', state: 'CONTAINER_EXITED' }],
    ),
    'node01',
  );
  t.deepEqual(
    images.map(({ names, used, system, size, nodes }) => [names.length, used, system, size, nodes]),
    [
      [1, true, false, 1024, ['node01']],
      [0, false, false, 1024, ['node01']],
      [1, false, true, 1024, ['node01']],
    ],
  );
});

test('what cannot be read is an error that names the node', (t) => {
  for (const text of ['', 'x\n----\n{}', printed([{ id: 3 }])]) {
    t.throws(() => parseImages(text, 'node02'), { code: 'REMOTE_COMMAND', message: /node02/ });
  }
});

test('an image of several nodes is one, by its id; the provider comes last', (t) => {
  const of = (node: string, used: boolean) =>
    parseImages(
      printed(
        [image('c', ['pause:3'], { pinned: true }), image('b', ['z:1']), image('a', [`${node}:1`])],
        used ? [{ image: { image: 'z:1' }, imageRef: '' }] : [],
      ),
      node,
    );
  const merged = mergeImages([of('node01', false), of('node02', true)]);
  t.deepEqual(
    merged.map(({ names, nodes, used }) => [names.join(), nodes.join(), used]),
    [
      ['node01:1,node02:1', 'node01,node02', false],
      ['z:1', 'node01,node02', true],
      ['pause:3', 'node01,node02', false],
    ],
  );
});
