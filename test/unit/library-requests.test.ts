import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { SHAPES } from '../../gocli-ts/src/api/requests.ts';
import * as gocli from '../../gocli-ts/src/index.ts';

/** A daemon that has nothing, and a home in which nothing is. */
async function setUp(t: ExecutionContext): Promise<gocli.Environment> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  Object.assign(process.env, {
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
  });
  const daemon = createServer(({ url = '' }, response) => {
    const listing = /\/(containers|images)\/json/.test(url) ? '[]' : undefined;
    const answer = url.includes('/volumes?') ? '{"Volumes":[]}' : listing;
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(answer ?? '{"message":"there is none"}');
  });
  const socket = join(folder, 'docker.sock');
  await new Promise<void>((resolve) => daemon.listen(socket, resolve));
  t.teardown(async () => {
    daemon.closeAllConnections();
    daemon.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { DOCKER_HOST: `unix://${socket}`, HOME: folder };
}

type Verb = (request: unknown, options: unknown) => Promise<unknown>;

/** Every function of the library by its name, but doctor, whose checks run programs of this host. */
function verbs(): [string, Verb][] {
  return Object.entries(gocli).flatMap(([name, value]): [string, Verb][] => {
    if (typeof value === 'object')
      return Object.entries(value).map(([key, one]) => [`${name}.${key}`, one as Verb]);
    return name === 'GocliError' || name === 'doctor' ? [] : [[name, value as unknown as Verb]];
  });
}

/** Texts that some key would take, so that requests get beyond the check. Nothing of these exists. */
const TEXTS = [
  'nothing',
  'node01',
  '4G',
  'a\0b',
  '/nonexistent/\n',
  'vm',
  '..',
  '',
  '-x',
  'node02=1G,2',
  'é ',
];
const value = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.constantFrom(true, false, 0, 1, -1, 1.5, 1e300, null),
  fc.array(fc.constantFrom(...TEXTS), { maxLength: 3 }),
  fc.array(
    fc.record({ direction: fc.constant('upload'), node: fc.constantFrom(...TEXTS), local: fc.string() }),
  ),
  fc.jsonValue(),
);

/** Requests of the keys that some verb takes together, of any keys, and anything else. */
const request = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...Object.values(SHAPES).map((shape) => Object.keys(shape)))
      .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] })),
  },
  {
    weight: 2,
    arbitrary: fc.dictionary(fc.constantFrom(...Object.values(SHAPES).flatMap(Object.keys)), value, {
      maxKeys: 2,
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
);

test.serial('a request of anything gives a result or an error of the library', async (t) => {
  const env = await setUp(t);
  for (const [name, verb] of verbs()) {
    const property = fc.asyncProperty(request, async (asked) => {
      await verb(asked, { env }).catch((error: unknown) => {
        if (!(error instanceof gocli.GocliError)) throw error;
      });
    });
    await t.notThrowsAsync(fc.assert(property, { numRuns: 50 }), name);
  }
});

test('a call whose signal was aborted before does nothing and is rejected with its reason', async (t) => {
  const reason = new Error('not wanted any more');
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  await t.throwsAsync(gocli.ls({}, { env, signal: AbortSignal.abort(reason) }), { is: reason });
  await t.throwsAsync(gocli.rm({ name: 'x' }, { env, signal: AbortSignal.abort(reason) }), { is: reason });
});
