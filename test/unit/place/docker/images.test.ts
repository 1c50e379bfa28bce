import { Readable } from 'node:stream';
import test from 'ava';
import Dockerode from 'dockerode';
import fc from 'fast-check';
import { imagesOf } from '../../../../gocli-ts/src/place/docker/images.ts';
import { IMAGE_REFERENCE } from '../../../../gocli-ts/src/shared/image-reference.ts';

const part = fc.stringMatching(/^[a-z0-9]+([._-][a-z0-9]+)*$/);
const references = fc
  .tuple(
    fc.constantFrom('', 'localhost/', 'r.example:5000/', 'Registry.example/', '[::1]:5000/'),
    fc.array(part, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', ':latest', ':v1.2_3-x', `@sha256:${'0'.repeat(64)}`),
  )
  .map(([registry, path, rest]) => `${registry}${path.join('/')}${rest}`);

test('references and ids of images are in the grammar', (t) => {
  fc.assert(fc.property(references, (reference) => t.regex(reference, IMAGE_REFERENCE)));
  t.regex(`sha256:${'0af'.repeat(20)}0123`, IMAGE_REFERENCE);
  t.regex('gocli/k8s-1.36:latest', IMAGE_REFERENCE);
});

test('no request to the daemon is made of what is not the reference of an image', async (t) => {
  // Nothing listens there: a request would be told of as a daemon that does not answer.
  const connect = (): Promise<Dockerode> =>
    Promise.resolve(new Dockerode({ socketPath: '/nowhere/docker.sock' }));
  const unasked = (): Promise<never> => t.fail();
  const images = imagesOf(connect, { findLogin: unasked, isPodman: unasked });
  const { signal } = new AbortController();
  for (const odd of [
    'gocli/../../x:latest',
    '',
    'a b',
    'gocli/A',
    'x?y',
    'a//b',
    '../x',
    'a:',
    '%2e%2e/x',
    'x\n',
  ]) {
    const calls: readonly (() => Promise<unknown>)[] = [
      () => images.inspect(odd),
      () => images.pull(odd, { signal }),
      () => images.tag('x', odd),
      () => images.tag(odd, 'x'),
      () => images.remove(odd),
      () => images.save(['x', odd]),
      () => images.commit('0123', odd, { changes: [] }),
      () => images.importRootfs(Readable.from([]), odd, { changes: [], signal }),
    ];
    for (const call of calls) {
      const message = `${JSON.stringify(odd)} is not the reference of an image`;
      await t.throwsAsync(call, { code: 'BAD_VALUE', message });
    }
  }
});
