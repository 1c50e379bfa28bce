import test from 'ava';
import { scp } from '../../../gocli-ts/src/api/scp.ts';
import * as gocli from '../../../gocli-ts/src/index.ts';
import { FakeHost } from '../../fakes/host.ts';
import { makeEngine } from '../../helpers/engine.ts';

test('an empty path on this machine is not taken for the folder here', async (t) => {
  const engine = await makeEngine(t);
  const context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' };
  for (const direction of ['upload', 'download'] as const) {
    const copies = [{ direction, node: 'node01', local: '', remote: '/tmp' }];
    await t.throwsAsync(scp({ copies }, context), { code: 'BAD_VALUE', message: /is empty/ });
  }
});

test('a file that cannot be used is an error of the library, too', async (t) => {
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock', HOME: 'relative' };
  await t.throwsAsync(gocli.rm({ name: 'x' }, { env }), { instanceOf: gocli.GocliError });
});

test('a call whose signal was aborted before does nothing and is rejected with its reason', async (t) => {
  const reason = new Error('not wanted any more');
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  await t.throwsAsync(gocli.ls({}, { env, signal: AbortSignal.abort(reason) }), { is: reason });
  await t.throwsAsync(gocli.rm({ name: 'x' }, { env, signal: AbortSignal.abort(reason) }), { is: reason });
});
