import { open, readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { explainFileError, isErrno, onFile } from '../../../gocli-ts/src/errors/file-error.ts';

test('what the system says against a file has path, verb, reason and what to do', async (t) => {
  for (const [work, message] of [
    [
      () => readdir('/etc/passwd'),
      /^\/etc\/passwd cannot be read: a part of the path is no folder \(ENOTDIR\)$/,
    ],
    [() => readFile('/no/such'), /^\/no\/such cannot be opened: there is no such file or folder \(ENOENT\)$/],
    [() => open('/proc/x', 'w'), /^\/proc\/x cannot be opened: .*\(E\w+\)$/],
    [() => open(`/tmp/${'n'.repeat(300)}`), /cannot be opened: the name is too long \(ENAMETOOLONG\)$/],
  ] as const) {
    const raw: unknown = await work().then(
      () => undefined,
      (error: unknown) => error,
    );
    const error = explainFileError(raw);
    t.true(error instanceof GocliError, String(error));
    if (!(error instanceof GocliError)) continue;
    t.is(error.code, 'FILE');
    t.is(error.exitCode, 3);
    t.regex(error.message, message);
    t.truthy(error.hint);
    t.is(error.cause, raw);
  }
});

test('a full disk is said to be one, though the system does not say where', async (t) => {
  const full = (): Promise<void> =>
    onFile({ path: '/x/cluster.json', done: 'written' }, async () => {
      await using file = await open('/dev/full', 'w');
      await file.writeFile('x');
    });
  await t.throwsAsync(full(), {
    code: 'DISK_FULL',
    message: '/x/cluster.json cannot be written: no space left on its disk (ENOSPC)',
  });
});

test('where the place knows better, its path and verb count', async (t) => {
  const work = { path: '/state', done: 'written' } as const;
  await t.throwsAsync(
    onFile(work, () => readFile('/no/such')),
    { code: 'FILE', message: /^\/state cannot be written: / },
  );
});

test('what is no matter of files stays as it is', async (t) => {
  const refused = await new Promise((resolve) => connect('/no/such.sock').once('error', resolve));
  const spawned = Object.assign(new Error('spawn x ENOENT'), {
    code: 'ENOENT',
    syscall: 'spawn x',
    path: 'x',
  });
  const known = new GocliError('NOT_FOUND', 'no cluster');
  for (const error of [refused, spawned, known, new Error('a defect'), 'text', undefined])
    t.is(explainFileError(error), error);
  await t.throwsAsync(
    onFile({ path: '/x', done: 'read' }, () => Promise.reject(known)),
    { is: known },
  );
});

test('errors are told apart by their names', (t) => {
  t.true(isErrno(Object.assign(new Error('x'), { code: 'EXDEV' }), 'EBUSY', 'EXDEV'));
  t.false(isErrno(Object.assign(new Error('x'), { code: 'EXDEV' }), 'EBUSY'));
  t.false(isErrno(new Error('EXDEV'), 'EXDEV'));
  t.false(isErrno('EXDEV', 'EXDEV'));
});
