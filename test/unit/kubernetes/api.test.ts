import test from 'ava';
import { ApiClient } from '../../../gocli-ts/src/kubernetes/api.ts';
import { FakeApiServer } from '../../helpers/api-server.ts';

const never = new AbortController().signal;

test('a request carries the certificate of the administrator and its body; the answer is the JSON', async (t) => {
  await using server = await FakeApiServer.start(({ path }) => [200, { path }]);
  using api = new ApiClient(server.access);
  t.deepEqual(await api.json('/api/v1/nodes?limit=1', never), { path: '/api/v1/nodes?limit=1' });
  await api.send('/x', never, {
    method: 'PATCH',
    body: '{"a":1}',
    contentType: 'application/apply-patch+yaml',
  });
  t.deepEqual(server.requests[1], {
    method: 'PATCH',
    path: '/x',
    body: '{"a":1}',
    contentType: 'application/apply-patch+yaml',
  });
});

test('a refusal is an answer of send, and an error of json with the last words', async (t) => {
  await using server = await FakeApiServer.start(() => [403, 'one\ntwo\nforbidden: no rights\n']);
  using api = new ApiClient(server.access);
  t.like(await api.send('/secret', never), { status: 403 });
  const error = await t.throwsAsync(api.json('/secret', never, { method: 'DELETE' }), {
    code: 'KUBERNETES',
    message: 'DELETE /secret: status 403',
  });
  t.regex((error as unknown as { observed: string }).observed, /forbidden: no rights/);
});

test('a server that another authority vouches for is not talked to', async (t) => {
  await using server = await FakeApiServer.start(() => [200, {}]);
  await using other = await FakeApiServer.start(() => [200, {}]);
  using api = new ApiClient({ ...server.access, ca: other.access.ca });
  await t.throwsAsync(api.send('/', never));
  t.deepEqual(server.requests, []);
});

test('no answer rejects, and so does an abort', async (t) => {
  const server = await FakeApiServer.start(() => [200, {}]);
  using api = new ApiClient(server.access);
  await t.throwsAsync(api.send('/', AbortSignal.abort()), { name: 'AbortError' });
  await server[Symbol.asyncDispose]();
  await t.throwsAsync(api.send('/', never));
});

test('a request follows a DELETE with a body on the same connection', async (t) => {
  await using server = await FakeApiServer.start(({ method }) => [200, method]);
  using api = new ApiClient(server.access, 1);
  await api.send('/first', never, { method: 'DELETE', body: '{"gracePeriodSeconds":0}' });
  t.is((await api.send('/second', never)).body, 'GET');
  t.deepEqual(
    server.requests.map(({ body }) => body),
    ['{"gracePeriodSeconds":0}', ''],
  );
});
