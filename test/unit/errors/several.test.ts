import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { Failures } from '../../../gocli-ts/src/errors/several.ts';

const what = (count: number): string => `${count.toFixed(0)} failed`;
const failing = (error: Error) => (): Promise<never> => Promise.reject(error);

test('every part is tried, and the results of those that succeed are there', async (t) => {
  const failures = new Failures();
  t.is(await failures.part(() => Promise.resolve(1)), 1);
  const failed = await failures.part<number>(failing(new GocliError('DOCKER', 'a')));
  t.is(failed, undefined);
  const odd = (input: number): Promise<number> =>
    input % 2 === 0 ? Promise.reject(new GocliError('FILE', `${input}`)) : Promise.resolve(input);
  t.deepEqual(await failures.parts([1, 2, 3, 4], odd), [1, 3]);
  t.throws(
    () => {
      failures.throw(what);
    },
    { code: 'DOCKER', message: '3 failed', instanceOf: GocliError },
  );
});

test('nothing is thrown when nothing failed, and one failure as it is', async (t) => {
  const failures = new Failures();
  t.notThrows(() => {
    failures.throw(what);
  });
  const error = new GocliError('FILE', 'a', { hint: 'h', exitCode: 7 });
  await failures.part(failing(error));
  t.is(
    t.throws(() => {
      failures.throw(what);
    }),
    error,
  );
  const told = t.throws<GocliError>(() => {
    failures.throw(what, ['b']);
  });
  t.like(told, { code: 'FILE', message: 'a', hint: 'h', exitCode: 7, done: ['b'] });
});

test('several failures are told one by one, with the exit code of the first', async (t) => {
  const failures = new Failures();
  await failures.part(failing(new GocliError('DOCKER', 'a', { hint: 'h', exitCode: 7 })));
  await failures.part(
    failing(Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'rmdir', path: '/x' })),
  );
  const told = t.throws<GocliError>(() => {
    failures.throw(what);
  });
  t.like(told, { code: 'DOCKER', exitCode: 7, message: '2 failed' });
  t.regex(told.observed ?? '', /^a \(h\)\n\/x cannot be removed: permission denied/);
});

test('a defect goes before what a user can mend', async (t) => {
  const failures = new Failures();
  const defect = new TypeError('x');
  await failures.part(failing(new GocliError('FILE', 'a')));
  await failures.part(failing(defect));
  t.is(
    t.throws(() => {
      failures.throw(what, 1);
    }),
    defect,
  );
});
