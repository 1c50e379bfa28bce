import { createServer, type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { createSnapshot } from '../../../../gocli-ts/src/rig/snapshot/create.ts';
import { restoreSnapshot } from '../../../../gocli-ts/src/rig/snapshot/restore.ts';
import { requireSnapshot } from '../../../../gocli-ts/src/rig/snapshot/require.ts';
import type { RigDeps } from '../../../../gocli-ts/src/rig/deps.ts';
import type { RigState } from '../../../../gocli-ts/src/rig/state.ts';
import { occupy } from '../../../helpers/occupy.ts';
import { makeSaving, start, stepsOf, stop, type Saving } from '../../../helpers/saving.ts';

const KEPT = { name: 'kept', kind: 'snapshot' } as const;

async function withSnapshot(t: ExecutionContext): Promise<Saving> {
  const saving = await makeSaving(t);
  const { engine } = saving;
  await createSnapshot(await saving.found(), KEPT, stepsOf(engine), engine);
  engine.docker.calls.length = 0;
  return saving;
}

async function restore(deps: RigDeps): Promise<RigState> {
  const snapshot = await requireSnapshot(deps.docker, 'kept');
  return restoreSnapshot(snapshot, { timeoutMs: 5000, pinnedPorts: {} }, stepsOf(deps), deps);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What a machine says of files that are marked; see marks.ts. */
function marking(mark: (file: string) => string) {
  return (argv: readonly string[]) => {
    if (!argv.some((word) => word.includes('sha256sum'))) return undefined;
    const lines = argv.slice(4).map((file) => `${mark(file)} ${file}\n`);
    return { exitCode: 0, stdout: lines.join('') };
  };
}

const refusals: Record<string, (saving: Saving) => unknown> = {
  IMAGE_MISSING: ({ engine }) => {
    engine.docker.imageStore.clear();
  },
  NOT_FOUND: ({ engine }) => {
    engine.docker.onExec(marking(() => '-'));
  },
  BAD_FILE: ({ engine }) => {
    const { before } = engine.docker;
    engine.docker.before = async (method, args) => {
      await before(method, args);
      if (method !== 'containers.readFile') return;
      engine.docker.write(String(args[0]), String(args[1]), '{');
    };
  },
};

for (const [code, prepare] of Object.entries(refusals)) {
  test(`a restore that ${code} forbids leaves the cluster as it is`, async (t) => {
    const saving = await withSnapshot(t);
    prepare(saving);
    await t.throwsAsync(restore(saving.run('later')), { code });
    t.is(await saving.phase(), 'running');
    t.false(saving.engine.docker.calls.some(({ method }) => /containers\.(remove|create)/.test(method)));
  });
}

test('files that are not as they were saved are told, and the cluster is left as it is', async (t) => {
  const saving = await makeSaving(t);
  const { engine } = saving;
  let damaged = '';
  engine.docker.onExec(marking((file) => (damaged !== '' && file.endsWith(damaged) ? '99-b' : '100-a')));
  await createSnapshot(await saving.found(), KEPT, stepsOf(engine), engine);
  damaged = '.state';
  const error = await t.throwsAsync<GocliError>(restore(saving.run('later')), { code: 'NOT_FOUND' });
  t.regex(error.observed ?? '', /^damaged: \/data\/snapshots\/[0-9a-f]+\/node01\.state$/);
  t.is(await saving.phase(), 'running');
  damaged = '';
  t.is((await restore(saving.run('again'))).name, 'c');
});

test('ports that the cluster itself publishes are not taken', async (t) => {
  const saving = await withSnapshot(t);
  const before = (await saving.found()).state?.ports;
  await occupy(t, before?.['5000/tcp'] ?? 0);
  t.deepEqual((await restore(saving.run('later'))).ports, before);
  t.deepEqual(saving.notices(), []);
});

test('a port that is taken is chosen anew and told; one that was asked for is an error with its flag', async (t) => {
  const saving = await withSnapshot(t);
  await stop(saving);
  const taken = (await saving.found()).state?.ports['5000/tcp'] ?? 0;
  await occupy(t, taken);
  const { ports } = await start(saving, saving.run('later'));
  t.not(ports['5000/tcp'], taken);
  t.true(
    saving.notices().some((text) => text.includes(`${taken}`) && text.includes(`${ports['5000/tcp'] ?? ''}`)),
  );

  await stop(saving, saving.run('later'));
  const asked = await freePort();
  await start(saving, saving.run('third'), { '5000/tcp': asked });
  await stop(saving, saving.run('third'));
  await occupy(t, asked);
  const error = await t.throwsAsync(start(saving, saving.run('fourth')), { code: 'PORT_TAKEN' });
  t.regex((error as unknown as { hint: string }).hint, /--registry-port PORT/);
  t.is(await saving.phase(), 'stopped');
});

test('after a restore that failed the snapshot is there, nothing else is, and both are said', async (t) => {
  const saving = await withSnapshot(t);
  const { engine, refused } = saving;
  refused.add('node01 migrate-incoming');
  const error = await t.throwsAsync(restore(saving.run('failing')), { code: 'REMOTE_COMMAND' });
  t.regex(
    (error as unknown as { hint: string }).hint,
    /snapshot is kept.*gocli snapshot restore --name c kept/,
  );
  t.is(await saving.phase(), undefined, 'as after rm');
  t.deepEqual(await engine.docker.containers.list({ [LABEL.cluster]: 'c' }), []);
  refused.clear();
  await restore(saving.run('later'));
  t.is(await saving.phase(), 'running');
});

test('a stopped cluster that a restore cannot replace is still stopped', async (t) => {
  const saving = await withSnapshot(t);
  const { refused } = saving;
  await stop(saving);
  refused.add('node01 migrate-incoming');
  await t.throwsAsync(restore(saving.run('failing')), { code: 'REMOTE_COMMAND' });
  t.is(await saving.phase(), 'stopped');
  refused.clear();
  await restore(saving.run('later'));
  t.is(await saving.phase(), 'running');
  t.is((await saving.found()).saved, undefined);
});

test('all that the registry stored goes before that of the snapshot comes, what was put aside in it, too', async (t) => {
  const saving = await withSnapshot(t);
  await restore(saving.run('later'));
  const scripts = saving.engine.docker.calls.map(({ args }) => JSON.stringify(args));
  t.true(scripts.some((text) => /find \/data\/registry -mindepth 1 -delete && cp -a/.test(text)));
});
