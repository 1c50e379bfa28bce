import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as gocli from 'gocli';
import { CHECKOUT } from '../helpers/cli.ts';

/** A folder of its own for what gocli writes, and a daemon that has nothing. */
async function setUp(
  t: ExecutionContext,
): Promise<{ folder: string; env: gocli.Environment; requests: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  Object.assign(process.env, {
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
  });
  const requests: string[] = [];
  const daemon = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response
      .setHeader('content-type', 'application/json')
      .end(request.url?.includes('/volumes') === true ? '{"Volumes":[]}' : '[]');
  });
  const socket = join(folder, 'docker.sock');
  await new Promise<void>((resolve) => daemon.listen(socket, resolve));
  t.teardown(async () => {
    daemon.closeAllConnections();
    daemon.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { folder, env: { DOCKER_HOST: `unix://${socket}`, HOME: folder }, requests };
}

test.serial('a request that has nothing to say may be left out, and the result is data', async (t) => {
  const { env, requests } = await setUp(t);
  const listed: gocli.LsResult = await gocli.ls(undefined, { env });
  t.deepEqual(listed, { clusters: [], registries: [] });
  t.regex(requests.join('\n'), /^GET .*\/containers\/json/);
  t.deepEqual(await gocli.snapshot.ls({}, { env }), { snapshots: [] });
  t.deepEqual(await gocli.rm({ name: 'nothing' }, { env }), {
    removed: [],
    absent: [{ name: 'nothing', containers: 0, volumes: 0, state: false, registry: null, snapshots: [] }],
    pooled: [],
    registries: [],
  });
});

test.serial('what fails is an error of the library, with its code and what to do', async (t) => {
  const { env } = await setUp(t);
  const error = await t.throwsAsync(gocli.ssh.exec({ node: 'node01', command: 'true' }, { env }), {
    instanceOf: gocli.GocliError,
  });
  t.like(error, { code: 'NOT_FOUND', hint: 'Type: gocli run k8s-1.36' });
  const unreachable = await gocli.version({}, { env: { DOCKER_HOST: 'unix:///nonexistent' } });
  t.regex(unreachable.versions.docker, /does not answer/);
});

test.serial('events carry the operation and the run, each call a run of its own', async (t) => {
  const { env, folder } = await setUp(t);
  // A provisioning may renew the locks in it.
  const root = join(folder, 'cluster-provision');
  await cp(join(CHECKOUT, 'cluster-provision'), root, { recursive: true });
  const events: gocli.OperationEvent[] = [];
  for (const round of [1, 2]) {
    const stop = new AbortController();
    const onEvent: gocli.OperationSink = (event) => {
      events.push(event);
      stop.abort(new Error(`enough ${round}`));
    };
    const request = { folder: join(root, 'k8s', '1.36'), phases: ['resolve'], force: ['resolve'] };
    await t.throwsAsync(gocli.provision.build(request, { env, onEvent, signal: stop.signal }), {
      message: `enough ${round}`,
    });
  }
  t.true(events.every(({ operation, run }) => operation === 'provision' && /^[0-9a-f]{8}$/.test(run)));
  t.is(new Set(events.map(({ run }) => run)).size, 2);
});

test('every function is on the page', async (t) => {
  const page = await readFile(join(CHECKOUT, 'docs', 'library.md'), 'utf8');
  for (const [name, value] of Object.entries(gocli)) {
    const names = typeof value === 'object' ? Object.keys(value).map((key) => `${name}.${key}`) : [name];
    for (const one of names) t.true(page.includes(`\`${one}\``), one);
  }
});
