import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { isMusl, isWsl, requireSupportedHost } from '../../../gocli-ts/src/host/supported.ts';

const HERE = { platform: 'linux', arch: 'x64', release: '6.12.48-amd64', musl: false };
/** As WSL 2 and WSL 1 of Windows 11 say it. */
const WSL2 = '5.15.167.4-microsoft-standard-WSL2';
const WSL1 = '4.4.0-22631-Microsoft';

test('Linux on x86-64 with glibc is supported, and so is this host', (t) => {
  t.notThrows(() => {
    requireSupportedHost(HERE);
    requireSupportedHost({ ...HERE, release: WSL2 });
  });
  t.true(isWsl(WSL2));
  t.false(isWsl(HERE.release));
  t.notThrows(() => {
    requireSupportedHost();
  });
});

test('every other host is refused once, with what would work', (t) => {
  for (const [facts, message, hint] of [
    [{ ...HERE, platform: 'darwin', arch: 'arm64' }, /this is macOS/, /Linux machine.*x86-64/],
    [{ ...HERE, platform: 'win32' }, /this is Windows/, /WSL 2/],
    [{ ...HERE, platform: 'freebsd' }, /this is freebsd/, /Linux machine/],
    [{ ...HERE, release: WSL1 }, /this is WSL 1/, /--set-version/],
    [{ ...HERE, arch: 'arm64' }, /x86-64 processor, and this is arm64/, /x86-64/],
    [{ ...HERE, musl: true }, /musl/, /Debian/],
  ] as const) {
    const error = t.throws(
      () => {
        requireSupportedHost(facts);
      },
      { instanceOf: GocliError, message },
    );
    t.is(error.exitCode, 3);
    t.regex(error.hint ?? '', hint);
  }
});

test('the interpreter in the headers of a program says which C library it wants', (t) => {
  const program = (interpreter: string): Uint8Array =>
    Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(700), Buffer.from(`${interpreter}\0`)]);
  t.true(isMusl(program('/lib/ld-musl-x86_64.so.1')));
  t.false(isMusl(program('/lib64/ld-linux-x86-64.so.2')));
  t.false(isMusl(Buffer.alloc(0)));
});
