import test from 'ava';
import { switchOff } from '../../../../gocli-ts/src/provision/steps/vm.ts';
import { fakeMachines } from '../../frozen/machines.ts';

const TARGET = { host: '127.0.0.1', port: 1, user: 'root', privateKey: '', node: 'node01' };

test('a machine that does not end after the build is named with its limit and what was seen', async (t) => {
  // What hangs keeps no process alive, as a socket would.
  const alive = setTimeout(() => undefined, 60_000);
  t.teardown(() => {
    clearTimeout(alive);
  });
  const fake = await fakeMachines(1);
  fake.ignored.add('node01 quit');
  const { signal } = new AbortController();
  const machine = { nodeId: fake.machines[0]?.container ?? '', target: TARGET };
  const error = await t.throwsAsync(switchOff({ docker: fake.docker, signal }, machine, 200), {
    code: 'TIMEOUT',
    message: 'the machine that the image is built in ends: not within 0.2 s',
  });
  t.like(error, { observed: 'last seen: its monitor did not take "quit"' });
});
