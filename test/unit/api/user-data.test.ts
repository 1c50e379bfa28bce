import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Context } from '../../../gocli-ts/src/api/context.ts';
import { plan } from '../../../gocli-ts/src/api/run.ts';
import { withUserData } from '../../../gocli-ts/src/api/user-data.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import type { ImageInfo } from '../../../gocli-ts/src/place/interface.ts';
import { findRig } from '../../../gocli-ts/src/rig/find.ts';
import { planDifferences } from '../../../gocli-ts/src/rig/make-plan.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { up, type UpRequest } from '../../../gocli-ts/src/rig/up.ts';
import { templateKey } from '../../../gocli-ts/src/rig/template/key.ts';
import { vmKind } from '../../../gocli-ts/src/vm/kind.ts';
import { VM_OPTIONS } from '../../../gocli-ts/src/vm/options/vm-options.ts';
import { FakeHost } from '../../fakes/host.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS, type Engine } from '../../helpers/engine.ts';
import { tinyKind } from '../../kinds/tiny.ts';

const PLAIN = {
  ...VM_FACTS,
  name: 'vm-plain',
  vm: { user: 'debian' },
  defaults: { nodes: 1, cpus: 1, memoryMiB: 512 },
};
const PLAIN_FACTS = Object.fromEntries(
  Object.entries(PLAIN).filter(([key]) => key !== 'tiny'),
) as typeof PLAIN;
const SCHEMA = { properties: { runcmd: { type: 'array' } }, additionalProperties: false };
const GOOD = '#cloud-config\nruncmd: [ls]\n';

interface Bench {
  readonly engine: Engine;
  readonly context: Context;
  readonly image: ImageInfo;
  readonly write: (text: string) => Promise<void>;
  readonly request: (digest?: string) => UpRequest;
}

async function makeBench(t: ExecutionContext): Promise<Bench> {
  const engine = await makeEngine(t);
  const cwd = dirname(engine.paths.state);
  const context = { ...engine, host: new FakeHost(), env: {}, cwd, checkout: '/' };
  const plain = addProvider(engine.docker, PLAIN_FACTS);
  const folder = join(engine.paths.cache, 'cloud-config');
  await mkdir(folder, { recursive: true });
  const schema = join(folder, `${plain.id.replace('sha256:', '').slice(0, 16)}.json`);
  await writeFile(schema, JSON.stringify(SCHEMA));
  const image = addProvider(engine.docker, VM_FACTS);
  const request: Bench['request'] = (digest = 'd1') => {
    const asked = requestFor(image);
    return { ...asked, values: { ...asked.values, userData: { path: 'u', text: GOOD, digest } } };
  };
  return { engine, context, image, request, write: (text) => writeFile(join(cwd, 'u'), text) };
}

function statusIs({ ssh }: Engine, stage: object): void {
  ssh.respond((command) => {
    if (command.includes('cloud-init $stage')) return { stdout: 'ci-info: table\nthis is why' };
    return command.includes('status.json')
      ? { stdout: JSON.stringify({ v1: { 'modules-final': stage } }) }
      : undefined;
  });
}

test('what its schema refuses is told before anything starts, and so is all else', async (t) => {
  const { engine, context, write } = await makeBench(t);
  const request = { provider: 'vm-plain', name: 'a', userData: 'u' };
  const refused = async (more = {}): Promise<string> => {
    const error = await t.throwsAsync<GocliError>(plan({ ...request, ...more }, context));
    return `${error.message}\n${error.observed ?? ''}`;
  };
  t.regex(await refused(), /--user-data: .*\/u is not there/);
  await write('runcmd: [ls\n');
  t.regex(
    await refused({ nodes: 0 }),
    /u:1:1: the first line has to be[^]*--nodes: 0 is out of range|--nodes: 0[^]*u:1:1: the first line/,
  );
  await write('#cloud-config\nruncmd: ls\nruncmds: []\n');
  t.regex(
    await refused(),
    /--user-data: .*u:2:9: "runcmd": it has to be a list[^]*u:3:1: there is no key "runcmds"/,
  );
  t.regex(await refused({ provider: 'vm-1' }), /--user-data: rigs of the kind tiny have no such option/);
  t.false(engine.docker.calls.some(({ method }) => method === 'containers.start'));
});

test('it is no part of the template, and another file is another plan', async (t) => {
  const { context, write, engine } = await makeBench(t);
  await write(GOOD);
  const request = { provider: 'vm-plain', name: 'a' };
  const one = await plan({ ...request, userData: 'u' }, context);
  const none = await plan(request, context);
  t.regex(one.host.userData ?? '', /^[0-9a-f]{64}$/);
  t.is(templateKey(one, engine.kinds), templateKey(none, engine.kinds));
  await write(`${GOOD}# another\n`);
  const other = await plan({ ...request, userData: 'u' }, context);
  t.is(planDifferences(one, other, vmKind).length, 1);
  t.is(planDifferences(none, other, vmKind).length, 1);
  t.deepEqual(planDifferences(one, none, vmKind), []);
});

test('cloud-init runs in each machine, and what it warns of is told', async (t) => {
  const { engine, context, image, request } = await makeBench(t);
  statusIs(engine, { errors: [], recoverable_errors: { WARNING: ['an old key'] } });
  const result = await withUserData(await up(requestFor(image), engine), request(), context);
  t.is(result.state.userData, 'd1');
  t.true(result.timings.some(({ id }) => id === 'user-data'));
  const seed = engine.ssh.calls.find(({ command }) => command.endsWith('/user-data'));
  t.is(seed?.options.stdin, GOOD);
  t.true(engine.ssh.calls.some(({ command }) => command.includes('/etc/shadow')));
  const told = engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.deepEqual(
    told.filter((text) => text.includes('cloud-init')),
    ['cloud-init of node01: an old key'],
  );
  t.false(engine.events.some((event) => event.type === 'log' && event.line.startsWith('ci-info')));
  const calls = engine.ssh.calls.length;
  for (const started of [false, true]) {
    const again = { ...result, started };
    t.is(await withUserData(again, request(), context), again);
  }
  t.is(engine.ssh.calls.length, calls, 'once');
});

test('a rig in which it failed goes, with the log of what failed', async (t) => {
  const { engine, context, image, request } = await makeBench(t);
  statusIs(engine, { errors: ['runcmd'], recoverable_errors: {} });
  const error = await t.throwsAsync<GocliError>(
    withUserData(await up(requestFor(image), engine), request(), context),
    {
      code: 'REMOTE_COMMAND',
      message: 'cloud-init failed: runcmd',
    },
  );
  t.regex(error.observed ?? '', /^this is why$/m);
  t.is(await findRig(engine.docker, engine.paths, 'c'), undefined);
  const keep = { ...request(), keepOnFailure: true };
  await t.throwsAsync(withUserData(await up(requestFor(image), engine), keep, context));
  const left = await findRig(engine.docker, engine.paths, 'c');
  t.truthy(left);
  const running = { state: left?.state as never, started: false, timings: [], seconds: 0 };
  await t.throwsAsync(withUserData(running, request(), context), {
    code: 'NOT_READY',
    message: 'the user-data of "c" did not run to its end',
  });
});

test('what is kept of a registry is taken once cloud-init is over, and stays when that fails or is killed', async (t) => {
  const { engine, context, image } = await makeBench(t);
  const { docker } = engine;
  // A small one that takes user-data.
  const kinds = [{ ...tinyKind, options: { ...tinyKind.options, userData: VM_OPTIONS.userData } }];
  docker.onExec(([, , script = '']) => (script.includes('du -sk') ? { stdout: '2048\n' } : undefined));
  const isKept = (): boolean =>
    [...docker.containerStore.values()].some(({ info }) => info.name === 'c-kept');
  const asked = requestFor(image);
  const withData = {
    ...asked,
    values: { ...asked.values, userData: { path: 'u', text: GOOD, digest: 'd1' } },
  };
  await up(requestFor(image), engine);
  await removeRig('c', engine, { registry: true });
  statusIs(engine, { errors: ['runcmd'], recoverable_errors: {} });
  const failed = await up(withData, { ...engine, kinds, run: 'failing' });
  t.is(failed.state.plan.host.userData, 'd1');
  t.true(isKept(), 'killed here');
  await t.throwsAsync(withUserData(failed, withData, { ...context, kinds }), { code: 'REMOTE_COMMAND' });
  t.true(isKept());
  t.is(await findRig(engine.docker, engine.paths, 'c'), undefined);
  await up(withData, { ...engine, kinds, run: 'killed' });
  t.like(await removeRig('c', engine), { registry: { kept: true } });
  statusIs(engine, { errors: [], recoverable_errors: {} });
  await withUserData(await up(withData, { ...engine, kinds, run: 'later' }), withData, { ...context, kinds });
  t.false(isKept());
});
