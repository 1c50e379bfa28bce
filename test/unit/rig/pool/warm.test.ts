import test, { type ExecutionContext } from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { VM_FACTS } from '../../../helpers/engine.ts';
import { makePool, type PoolBench } from '../../../helpers/pool.ts';
import { tinyKind } from '../../../kinds/tiny.ts';

interface Filled {
  readonly bench: PoolBench;
  readonly made: Promise<readonly string[]>;
  /** What the kind was told, in order. */
  readonly told: string[];
}

/** Fills a pool of one. @param fails what fails: `run`, `undo` */
async function fill(
  t: ExecutionContext,
  warm: readonly string[] | undefined,
  ...fails: string[]
): Promise<Filled> {
  const bench = await makePool(t, 1, { ...VM_FACTS, ...(warm === undefined ? {} : { warm: [...warm] }) });
  const told: string[] = [];
  const act = (name: string, said: string): Promise<void> => {
    told.push(said);
    if (!fails.includes(name)) return Promise.resolve();
    return Promise.reject(new GocliError('REMOTE_COMMAND', `${name} failed`, { observed: 'no such pod' }));
  };
  const warming = () =>
    Promise.resolve({
      run: (commands: readonly string[]) => act('run', `run ${commands.join(', ')}`),
      undo: () => act('undo', 'undo'),
    });
  return { bench, told, made: bench.fill({ kinds: [{ ...tinyKind, warming }] }) };
}

test('what the image says is done in a cluster of the pool, and undone', async (t) => {
  const { bench, told, made } = await fill(t, ['a', 'b']);
  t.is((await made).length, 1);
  t.deepEqual(told, ['run a, b', 'undo']);
  t.deepEqual(bench.notices(), []);
});

test('a command that fails is told of; what was done is undone, and the cluster stands ready', async (t) => {
  const { bench, told, made } = await fill(t, ['a'], 'run');
  const [name = ''] = await made;
  t.deepEqual(told, ['run a', 'undo']);
  t.deepEqual(await bench.members(), [`${name} pooled`]);
  t.deepEqual(bench.notices(), [
    `${name} is not warmed up whole, and stands ready all the same: run failed: no such pod`,
  ]);
});

test('a cluster in which something would be seen of it is removed', async (t) => {
  const { bench, made } = await fill(t, ['a'], 'undo');
  await t.throwsAsync(made, { message: 'undo failed' });
  t.is(bench.engine.docker.containerStore.size, 0);
});

test('an image that says nothing of it stands ready as it is', async (t) => {
  for (const [warm, notice] of [
    [[], []],
    [undefined, [/^pool-.* is not warmed up: gocli\/vm-1:latest was made before an image said by what\.$/]],
  ] as const) {
    const { bench, told, made } = await fill(t, warm);
    t.is((await made).length, 1);
    t.deepEqual(told, []);
    t.is(bench.notices().length, notice.length);
    for (const pattern of notice) t.regex(bench.notices()[0] ?? '', pattern);
  }
});
