import { readdir } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { chooseStarted } from '../../../gocli-ts/src/api/choose.ts';
import type { Context } from '../../../gocli-ts/src/api/context.ts';
import { gc } from '../../../gocli-ts/src/api/gc.ts';
import { ls } from '../../../gocli-ts/src/api/ls.ts';
import { reapBeside, reapOver } from '../../../gocli-ts/src/api/reap.ts';
import { run } from '../../../gocli-ts/src/api/run.ts';
import { status } from '../../../gocli-ts/src/api/status.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { findRig } from '../../../gocli-ts/src/rig/find.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { FakeHost } from '../../fakes/host.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS, type Engine } from '../../helpers/engine.ts';

const HOUR = 3_600_000;

interface Bench {
  readonly engine: Engine;
  readonly context: Context;
  readonly start: (name: string, ttl?: string, ttlEvidence?: boolean) => Promise<unknown>;
  readonly names: () => Promise<string[]>;
}

async function makeBench(t: ExecutionContext): Promise<Bench> {
  const engine = await makeEngine(t);
  const context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' };
  const image = addProvider(engine.docker, VM_FACTS);
  const start: Bench['start'] = (name, ttl, ttlEvidence) =>
    up(requestFor(image, { name, ttl, ttlEvidence }), { ...engine, run: `0000000${name}` });
  const names = async (): Promise<string[]> => (await ls({}, context)).clusters.map((one) => one.name);
  return { engine, context, start, names };
}

test('gc removes a rig whose time is over, and no other', async (t) => {
  const { engine, context, start, names } = await makeBench(t);
  await start('a', '2h');
  await start('b', '3h');
  await start('c');
  const began = engine.clock.now();
  engine.clock.advance(2 * HOUR - 60_000);
  t.deepEqual((await gc({ templateBudget: '1G' }, context)).rigs, []);
  engine.clock.advance(60_000);
  const { rigs } = await gc({ templateBudget: '1G' }, context);
  t.deepEqual(
    rigs.map(({ name, evidence, snapshots }) => ({ name, evidence, snapshots })),
    [{ name: 'a', evidence: null, snapshots: [] }],
  );
  t.true(Math.abs(Date.parse(rigs[0]?.until ?? '') - began - 2 * HOUR) < 60_000);
  t.deepEqual(await names(), ['b', 'c']);
  t.is(await findRig(engine.docker, engine.paths, 'a'), undefined);
});

test('its end is known to every HOME, and verbs that read leave it alone', async (t) => {
  const { engine, context, start, names } = await makeBench(t);
  await start('a', '1h');
  engine.clock.advance(2 * HOUR);
  const other = { ...context, paths: { state: `${engine.paths.state}-2`, cache: engine.paths.cache } };
  const [listed] = (await ls({}, other)).clusters;
  t.truthy(listed?.until);
  t.is((await status({ name: 'a' }, other)).until, listed?.until ?? '');
  t.deepEqual(await names(), ['a']);
  t.deepEqual(
    (await reapOver(other)).map(({ name }) => name),
    ['a'],
  );
});

test('one that somebody changes or works with stays until that is over', async (t) => {
  const { engine, context, start, names } = await makeBench(t);
  await start('a', '1h');
  engine.clock.advance(2 * HOUR);
  const changing = await engine.docker.system.lock('rig a', {
    signal: engine.signal,
    onWait: () => t.fail(),
  });
  t.deepEqual(await reapOver(context), []);
  await changing[Symbol.asyncDispose]();
  const kept: AsyncDisposable[] = [];
  const working = { ...context, keep: (one: AsyncDisposable) => void kept.push(one) };
  await chooseStarted({ name: 'a' }, working);
  await chooseStarted({ name: 'a' }, working);
  t.is(kept.length, 2);
  for (const one of kept) {
    t.deepEqual(await reapOver(context), []);
    await one[Symbol.asyncDispose]();
  }
  t.deepEqual(
    (await reapOver(context)).map(({ name }) => name),
    ['a'],
  );
  t.deepEqual(await names(), []);
});

test('nothing is kept for one without a time limit', async (t) => {
  const { context, start } = await makeBench(t);
  await start('a');
  await chooseStarted({ name: 'a' }, { ...context, keep: () => t.fail() });
  t.pass();
});

test('who asks for it again has it from then on; who does not changes nothing', async (t) => {
  const { engine, context, start } = await makeBench(t);
  const end = async (): Promise<number> => Date.parse((await ls({}, context)).clusters[0]?.until ?? '');
  await start('a', '1h');
  const first = await end();
  engine.clock.advance(HOUR / 2);
  await start('a');
  t.is(await end(), first);
  await start('a', '1h');
  t.true((await end()) >= first + HOUR / 2);
  t.true((await findRig(engine.docker, engine.paths, 'a'))?.state?.readyAt !== undefined);
});

test('what it logged is kept when its start asked for that', async (t) => {
  const { engine, context, start } = await makeBench(t);
  await start('a', '1h', true);
  engine.clock.advance(HOUR);
  engine.clock.advance(60_000);
  const [gone] = await reapOver(context);
  t.regex(gone?.evidence ?? '', /failed\/a-0000000a$/);
  t.true((await readdir(gone?.evidence ?? '')).includes('a-node01.log'));
});

test('a start removes them, its own name among them, before it begins', async (t) => {
  const { engine, context, start } = await makeBench(t);
  await start('a', '1h');
  await start('b', '1h');
  engine.clock.advance(2 * HOUR);
  const result = await run({ provider: 'vm-1', name: 'a', template: false, provision: false }, context);
  t.true(result.started);
  t.is(result.state.until, undefined);
  const told = engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.is(told.filter((text) => /^Removed cluster [ab], whose time was over at 20/.test(text)).length, 2);
  t.is(await findRig(engine.docker, engine.paths, 'b'), undefined);
});

test('a start finds those of others by one request, and asks no rig whose time cannot be over', async (t) => {
  const { engine, context, start, names } = await makeBench(t);
  await start('a', '1h');
  await start('b');
  const other = { ...context, paths: { state: `${engine.paths.state}-2`, cache: engine.paths.cache } };
  const callsOf = async (): Promise<string[]> => {
    const before = engine.docker.calls.length;
    await reapBeside(other);
    return engine.docker.calls.slice(before).map(({ method }) => method);
  };
  t.deepEqual(await callsOf(), ['containers.list']);
  engine.clock.advance(2 * HOUR);
  t.true((await callsOf()).includes('containers.remove'));
  t.deepEqual(await names(), ['b']);
});

test('what cannot be removed is no fault of the start beside it', async (t) => {
  const { engine, context, start, names } = await makeBench(t);
  await start('a', '1h');
  engine.clock.advance(2 * HOUR);
  engine.docker.failNext('containers.remove', new GocliError('DOCKER', 'no'));
  await reapBeside(context);
  const warnings = engine.events.flatMap((event) =>
    event.type === 'notice' && event.level === 'warning' ? [event.text] : [],
  );
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /Try it again: gocli gc$/);
  await reapBeside(context);
  t.deepEqual(await names(), []);
});

test('what is wrong with the daemon is left to the start to say', async (t) => {
  const { engine, context } = await makeBench(t);
  for (const code of ['DOCKER_UNREACHABLE', 'DOCKER_UNSUPPORTED', 'BAD_FILE'] as const) {
    engine.docker.failNext('containers.list', new GocliError(code, 'no'));
    await reapBeside(context);
  }
  t.deepEqual(
    engine.events.filter(({ type }) => type === 'notice'),
    [],
  );
});

test('gc --dry-run says what would go and what of it stays, and passes over what somebody works with', async (t) => {
  const { engine, context, start, names } = await makeBench(t);
  await start('a', '1h');
  await start('b', '1h');
  engine.clock.advance(2 * HOUR);
  const changing = await engine.docker.system.lock('rig a', {
    signal: engine.signal,
    onWait: () => t.fail(),
  });
  const would = await gc({ templateBudget: '1G', dryRun: true }, context);
  t.true(would.dryRun);
  t.deepEqual(
    would.rigs.map(({ name }) => name),
    ['b'],
  );
  t.deepEqual(Object.keys(would.rigs[0] ?? {}).sort(), ['evidence', 'name', 'snapshots', 'until']);
  await changing[Symbol.asyncDispose]();
  t.deepEqual(await names(), ['a', 'b']);
  const done = await gc({ templateBudget: '1G' }, context);
  t.false(done.dryRun);
  t.deepEqual(
    done.rigs.filter(({ name }) => name === 'b'),
    would.rigs,
  );
});
