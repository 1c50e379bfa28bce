import test, { type ExecutionContext } from 'ava';
import type { Context } from '../../../gocli-ts/src/api/context.ts';
import { runSeveral } from '../../../gocli-ts/src/api/run-several.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { FakeHost } from '../../fakes/host.ts';
import { addProvider, makeEngine, VM_FACTS, type Engine } from '../../helpers/engine.ts';

async function setUp(t: ExecutionContext): Promise<{ engine: Engine; context: Context }> {
  const engine = await makeEngine(t);
  addProvider(engine.docker, VM_FACTS);
  return { engine, context: { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' } };
}

test('a number of rigs that cannot be meant is refused before anything is made', async (t) => {
  const { engine, context } = await setUp(t);
  for (const count of [0, -1, 1.5, 100, Number.NaN])
    await t.throwsAsync(runSeveral({ provider: 'vm-1', count }, context), { code: 'BAD_VALUE' });
  await t.throwsAsync(runSeveral({ count: 2 }, context), { code: 'USAGE' });
  t.false(engine.docker.calls.some(({ method }) => method === 'containers.create'));
});

test('a number that cannot be meant is told together with what else is wrong', async (t) => {
  const { context } = await setUp(t);
  const request = { provider: 'vm-2', count: 200, cpu: 'many' };
  const error = await t.throwsAsync<GocliError>(runSeveral(request, context), { instanceOf: GocliError });
  t.regex(error.observed ?? '', /^--count: "200" .*\n--cpu: many is .*\nthere is no provider "vm-2"/);
});

test('names that get too long by their number are refused', async (t) => {
  const { context } = await setUp(t);
  const request = { provider: 'vm-1', name: 'a'.repeat(38), count: 2 };
  await t.throwsAsync(runSeveral(request, context), { code: 'BAD_VALUE', message: /a-01" is not/ });
});

test('a host port that only one rig can have is refused', async (t) => {
  const { engine, context } = await setUp(t);
  const request = { provider: 'vm-1', name: 'a', count: 2, sshPort: 4022 };
  await t.throwsAsync(runSeveral(request, context), { code: 'USAGE', message: /host port 4022/ });
  t.false(engine.docker.calls.some(({ method }) => method === 'containers.create'));
});
