import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { checkCall, checkRequest } from '../../../gocli-ts/src/api/check-request.ts';
import type { Requests } from '../../../gocli-ts/src/api/requests.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';

/** Everything that is said of a wrong request, a line for each fault. */
function faultsOf(t: ExecutionContext, name: keyof Requests, request: unknown): string[] {
  const error = t.throws(() => checkRequest(name, request), { instanceOf: GocliError, code: 'BAD_VALUE' });
  return (error.observed ?? error.message).split('\n');
}

test('a right request comes back as it was, with streams and functions', (t) => {
  const stream = new PassThrough();
  const onLine = (): void => undefined;
  for (const [name, request] of [
    ['rm', {}],
    ['rm', { name: 'a', all: true }],
    ['rm', { name: undefined }],
    [
      'run',
      { provider: 'x', nodes: '2', cpu: 4, memory: ['4G', 'node02=8G'], kernelArgs: 'debug', k8sPort: 1 },
    ],
    ['exec', { node: 'node01', command: '', stdin: Buffer.from('x'), stdout: stream, onLine }],
    ['exec', { node: 'node01', command: '', stdin: stream, pty: { term: 'xterm', columns: 80, rows: 24 } }],
    ['scp', { copies: [{ direction: 'download', node: 'node01', remote: '/x', local: stream }] }],
    ['provision', { folder: '.', phases: ['vm'], locked: true }],
  ] as const)
    t.deepEqual<unknown, unknown>(checkRequest(name, request), request, name);
});

test('everything that is wrong is said at once: keys with the nearest, types with what is expected', (t) => {
  const request = { provider: 5, kernelArgs: {}, nodse: 3, memory: [null], nodes: 0, fresh: 'yes' };
  t.deepEqual(faultsOf(t, 'run', request), [
    'provider: 5 is not a string',
    'nodes: 0 is out of range (A whole number from 1 to 99.)',
    'memory: [ null ] is not a string, a number or a list of these',
    'kernelArgs: {} is not a string, a number or a list of these',
    "fresh: 'yes' is not true or false",
    'nodse: no such key of the request. Did you mean "nodes"?',
  ]);
});

test('what is missing, and where in a list something is wrong', (t) => {
  t.deepEqual(faultsOf(t, 'scp', {}), ['copies: it is missing; it has to be a list of copies']);
  const upload = { direction: 'upload', node: 'node01', local: 'a', remote: 'b' };
  t.deepEqual(
    faultsOf(t, 'scp', { copies: [upload, { ...upload, node: 1, remoet: 'c' }, { direction: 'up' }, 7] }),
    [
      'copies[1].node: 1 is not a string',
      'copies[1].remoet: no such key of the request. Did you mean "remote"? (Keys: direction, node, local, remote, user)',
      "copies[2].direction: 'up' is not an upload or a download",
      'copies[3]: 7 is not an upload or a download',
    ],
  );
  t.deepEqual(faultsOf(t, 'provision', { folder: 'a\0b', phases: 'vm', force: [1] }), [
    "folder: 'a\\x00b' is not a path, which has no NUL",
    "phases: 'vm' is not a list of strings",
    'force[0]: 1 is not a string',
  ]);
});

test('a slip does not widen what is asked for', (t) => {
  for (const name of ['rm', 'eachRig', 'start', 'templates', 'rig', 'nothing'] as const) {
    for (const request of [null, [], ['a'], 'a', 5, true]) {
      const [fault = ''] = faultsOf(t, name, request);
      t.regex(fault, /^the request: .* is not an object$/);
    }
    for (const request of [
      { cluster: 'other' },
      { nmae: 'other' },
      JSON.parse('{"__proto__": {"name": "x"}}'),
    ])
      t.regex(faultsOf(t, name, request)[0] ?? '', /: no such key of the request/);
  }
});

test('what a call is told beside its request is checked, too', (t) => {
  t.deepEqual(checkCall({ env: process.env }), { env: process.env });
  for (const wrong of [null, [], { onEvent: 5 }, { signal: {} }, { env: { A: 1 } }, { evn: {} }])
    t.throws(() => checkCall(wrong), { instanceOf: GocliError, code: 'BAD_VALUE' });
});

test('lines of a log are counted from 1 on, and named by their key', (t) => {
  t.throws(() => checkRequest('tail', { lines: 0 }), {
    message: 'lines: 0 is not a whole number from 1 on',
  });
  t.deepEqual(checkRequest('tail', { lines: 1 }), { lines: 1 });
});
