import test from 'ava';
import { parseCopies, parseCopy } from '../../../gocli-ts/src/cli/copy-arguments.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';

test('node01: marks the end on a node', (t) => {
  t.deepEqual(parseCopy('node02:/etc/hosts', 'here'), {
    direction: 'download',
    node: 'node02',
    remote: '/etc/hosts',
    local: 'here',
  });
  t.deepEqual(parseCopy('./app', 'node01:/opt/'), {
    direction: 'upload',
    node: 'node01',
    remote: '/opt/',
    local: './app',
  });
  t.deepEqual(parseCopy('file', 'node01:'), {
    direction: 'upload',
    node: 'node01',
    remote: '.',
    local: 'file',
  });
});

test('without a node the source is on node01, as in kubevirtci', (t) => {
  t.deepEqual(parseCopy('/usr/bin/kubectl', '-'), {
    direction: 'download',
    node: 'node01',
    remote: '/usr/bin/kubectl',
    local: '-',
  });
});

test('paths with colons of their own are paths', (t) => {
  t.is(parseCopy('./a:b', 'node01:/x:y').remote, '/x:y');
  t.is(parseCopy('nodes:/a', 'b').remote, 'nodes:/a');
});

test('what scp would take for another host is no path here', (t) => {
  for (const stray of ['worker1:/tmp', 'root@192.168.66.101:/tmp', 'k8s-1.36-node01:', 'scp://node01/tmp'])
    for (const paths of [
      ['a', stray],
      [stray, 'a'],
      ['a', stray, 'node01:/tmp'],
    ])
      t.throws(() => parseCopies(paths), { code: 'USAGE', message: /is no node$/ }, paths.join(' '));
  t.is(parseCopies(['./a:b', 'node01:/x:y'])[0]?.local, './a:b');
  t.is(parseCopies(['/a:b', 'c'])[0]?.remote, '/a:b');
});

test('two nodes, and stdin, are refused', (t) => {
  for (const [source, target] of [
    ['node01:/a', 'node02:/b'],
    ['-', 'node01:/a'],
  ] as const) {
    t.is(t.throws(() => parseCopy(source, target), { instanceOf: GocliError }).code, 'USAGE');
  }
});

test('an empty source or target is refused; that of a node is its home folder', (t) => {
  for (const paths of [
    ['', 'node01:/tmp/'],
    ['node01:/a', ''],
    ['a', '', 'node01:/tmp/'],
    ['node01:/a', 'node01:/b', ''],
    ['', '-'],
    ['', ''],
  ])
    t.throws(() => parseCopies(paths), { code: 'USAGE', message: /empty/ }, paths.join('|'));
  t.like(parseCopies(['node01:', 'here'])[0], { direction: 'download', remote: '.' });
});

test('several sources go to one target; what is unclear is refused', (t) => {
  t.deepEqual(
    parseCopies(['a', 'b', 'root@node01:/t']).map(({ local, remote }) => [local, remote]),
    [
      ['a', '/t'],
      ['b', '/t'],
    ],
  );
  t.deepEqual(
    parseCopies(['/a', '/b', 'here']).map(({ node, remote }) => [node, remote]),
    [
      ['node01', '/a'],
      ['node01', '/b'],
    ],
  );
  for (const paths of [['a'], ['node01:/a', 'b', 'here'], ['/a', '/b', '-']])
    t.throws(() => parseCopies(paths), { code: 'USAGE' }, paths.join(' '));
  t.like(parseCopies(['a', 'core@node01:/t'])[0], { node: 'node01', user: 'core' });
});
