import { join, normalize } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { checkRigName, containerName, nodeIndex, dataVolume } from '../../../gocli-ts/src/rig/names.ts';

test('names that are good for a path, a label and a container', (t) => {
  for (const name of ['k8s-1.36', 'a', '0', 'a'.repeat(40), 'my-cluster.2'])
    t.is(checkRigName(name, '--name'), name);
});

test('anything else is refused with the name', (t) => {
  for (const name of [
    '',
    '.',
    '..',
    'a..b',
    'A',
    'a/b',
    '-a',
    'a-',
    'a ',
    'ü',
    'a\n',
    'a'.repeat(41),
    '../x',
    '$(id)',
  ]) {
    t.throws(() => checkRigName(name, '--name'), { code: 'BAD_VALUE', message: /--name/ }, name);
  }
});

test('no accepted name leads out of a folder', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9./-]{1,12}$/)), (name) => {
      try {
        checkRigName(name, '--name');
      } catch {
        return true;
      }
      return normalize(join('/folder', name)) === `/folder/${name}` && !name.includes('/');
    }),
  );
  t.pass();
});

test('a node is known by its name, with or without the zero', (t) => {
  t.is(nodeIndex('node01', 1), 1);
  t.is(nodeIndex('node2', 3), 2);
  t.is(nodeIndex('node10', 12), 10);
});

test('a node that is not there is an error with the nearest name and all of them', (t) => {
  for (const name of ['node03', 'node00', 'node0', 'node', 'node1x', 'nod02', 'NODE01']) {
    const error = t.throws(
      () => nodeIndex(name, 2),
      { code: 'NOT_FOUND', message: new RegExp(`"${name}"`) },
      name,
    );
    t.like(error, { hint: 'Its nodes: node01, node02' });
  }
  t.throws(() => nodeIndex('nod02', 2), { message: /Did you mean "node02"\?/ });
});

test('containers and volume are named after the cluster', (t) => {
  t.deepEqual(
    [containerName.network('c'), containerName.registry('c'), containerName.node('c', 2), dataVolume('c')],
    ['c-dnsmasq', 'c-registry', 'c-node02', 'c-data'],
  );
});
