import test from 'ava';
import fc from 'fast-check';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import {
  diffLocks,
  formatLock,
  formatPins,
  type LockedPackage,
  parseLock,
  parsePackageList,
} from '../../../../gocli-ts/src/provision/debian/package-lock.ts';

const hash = (digit: string): string => digit.repeat(64);

const lockedPackage: fc.Arbitrary<LockedPackage> = fc.record({
  name: fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{0,20}$/),
  version: fc.stringMatching(/^[A-Za-z0-9.+:~-]{1,20}$/),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
});

test('a lock that was written is read back, sorted by name', (t) => {
  const locks = fc.uniqueArray(lockedPackage, { selector: ({ name }) => name });
  fc.assert(
    fc.property(locks, (packages) => {
      const sorted = [...packages].sort((a, b) => (a.name < b.name ? -1 : 1));
      t.deepEqual(parseLock(formatLock(packages), 'f'), sorted);
      t.deepEqual(diffLocks(packages, sorted), { lines: [], tampered: [] });
    }),
  );
});

test('a line of another form is named', (t) => {
  const error = t.throws(() => parseLock(`a 1 ${hash('0')}\nb 1\n`, 'x.lock'));
  t.true(isCode(error, 'BAD_FILE'));
  t.regex(error.message, /^x\.lock:2:1: /);
});

test('a package list has comments, and nothing that apt would take for an option', (t) => {
  t.deepEqual(parsePackageList('# head\n\nsystemd # init\ng++\n', 'f'), ['systemd', 'g++']);
  t.regex(t.throws(() => parsePackageList('a\n-o=x\n', 'f')).message, /^f:2:1: "-o=x"/);
});

test('the difference of two locks is shown by package, and changed content of one version apart', (t) => {
  const before = [
    { name: 'gone', version: '1', sha256: hash('0') },
    { name: 'libc6', version: '2.41-12', sha256: hash('0') },
    { name: 'same', version: '1', sha256: hash('0') },
    { name: 'zlib1g', version: '1:1.3', sha256: hash('0') },
  ];
  const after = [
    { name: 'libc6', version: '2.41-13', sha256: hash('1') },
    { name: 'new', version: '3', sha256: hash('0') },
    { name: 'same', version: '1', sha256: hash('0') },
    { name: 'zlib1g', version: '1:1.3', sha256: hash('1') },
  ];
  t.deepEqual(diffLocks(before, after), {
    lines: ['- gone 1', '~ libc6 2.41-12 -> 2.41-13', '+ new 3'],
    tampered: ['zlib1g 1:1.3'],
  });
  t.is(formatPins(after.slice(0, 2)), 'libc6=2.41-13\nnew=3\n');
});
