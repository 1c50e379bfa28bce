import test from 'ava';
import { machinesNeeded, machinesUsed } from '../../../../gocli-ts/src/rig/template/used.ts';
import { stateOf } from '../../../helpers/engine.ts';
import { tinyKind } from '../../../kinds/tiny.ts';
import { machineOf } from '../../frozen/frozen.ts';

const ALIKE = [{ ...tinyKind, alike: true }];
const { guest } = stateOf().plan;
const three = { ...guest, nodes: 3 };
const frozen = (count: number) => Array.from({ length: count }, (_, at) => machineOf(`node0${at + 1}`));
const names = (machines: readonly { readonly name: string }[]): string[] => machines.map(({ name }) => name);

test('of a kind whose machines are not alike each one is thawed from its own', (t) => {
  t.is(machinesNeeded(three, [tinyKind]), 3);
  t.deepEqual(names(machinesUsed(frozen(4), three, [tinyKind])), ['node01', 'node02', 'node03']);
});

test('machines that are alike are thawed from one, unless each has its own', (t) => {
  t.is(machinesNeeded(three, ALIKE), 1);
  t.deepEqual(names(machinesUsed(frozen(1), three, ALIKE)), ['node01', 'node01', 'node01']);
  t.deepEqual(
    names(machinesUsed(frozen(3), three, ALIKE)),
    ['node01', 'node02', 'node03'],
    'those of a fork',
  );
});

test('machines of different sizes are not alike', (t) => {
  t.is(machinesNeeded({ ...three, perNode: { node02: { memoryMiB: 256 } } }, ALIKE), 3);
});
