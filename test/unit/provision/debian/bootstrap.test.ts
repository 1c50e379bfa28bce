import test from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { bootstrap, bootstrapArgv } from '../../../../gocli-ts/src/provision/debian/bootstrap.ts';
import { FakeHost } from '../../../fakes/host.ts';

const PINS = 'base-files=13.8\nlibc6=2.41-12\n';
const SOURCE = 'deb [signed-by=/k] http://mirror.example/debian trixie main';
const request = { pins: PINS, scratch: '/scratch', signal: new AbortController().signal };

test('exactly the pinned packages are asked for, from the given sources', (t) => {
  const argv = bootstrapArgv({ pins: PINS, target: '/out/tree.tar' }, [SOURCE]);
  t.true(argv.includes('--variant=custom'));
  t.true(argv.includes('--include=base-files=13.8,libc6=2.41-12'));
  t.deepEqual(argv.slice(-3), ['trixie', '/out/tree.tar', SOURCE]);
});

test('without a target only what hooks copy out is left', (t) => {
  const argv = bootstrapArgv({ pins: PINS }, [SOURCE]);
  t.true(argv.includes('--format=null'));
  t.deepEqual(argv.slice(-3), ['trixie', '/dev/null', SOURCE]);
});

test('globs become dpkg options in their order, because the last match decides', (t) => {
  const excluded = '# documentation\n/usr/share/doc/*\n!/usr/share/doc/*/copyright\n\n';
  const argv = bootstrapArgv({ pins: PINS, excluded }, [SOURCE]);
  t.deepEqual(
    argv.filter((word) => word.startsWith('--dpkgopt=')),
    ['--dpkgopt=path-exclude=/usr/share/doc/*', '--dpkgopt=path-include=/usr/share/doc/*/copyright'],
  );
});

test('the last hooks take out where the packages came from', (t) => {
  const argv = bootstrapArgv({ pins: PINS, setupHooks: ['first'], customizeHooks: ['own'] }, [SOURCE]);
  const hooks = argv.filter((word) => word.includes('-hook='));
  t.deepEqual(hooks.slice(0, 2), ['--setup-hook=first', '--customize-hook=own']);
  t.regex(hooks.at(-1) ?? '', /deb\.debian\.org.* > "\$1"\/etc\/apt\/sources\.list$/);
  t.false(hooks.some((hook) => hook.includes('mirror.example')));
});

test('the tree is made in the scratch folder, and lines are passed on', async (t) => {
  const host = new FakeHost().respond(([program]) =>
    program === 'mmdebstrap' ? { stderr: 'I: done\n' } : undefined,
  );
  const lines: string[] = [];
  await bootstrap({ ...request, host, env: { INITRD: 'No' }, onLine: (line) => lines.push(line) });
  const call = host.calls.find(({ argv }) => argv[0] === 'mmdebstrap');
  t.like(call?.options.env, { TMPDIR: '/scratch', INITRD: 'No' });
  t.deepEqual(lines, ['I: done']);
});

for (const [stderr, code] of [
  ['E: Failed to fetch http://mirror.example/libc6.deb  404  Not Found', 'DOWNLOAD'],
  ["E: Version '2.41-12' for 'libc6' was not found", 'DOWNLOAD'],
  ['E: setup failed: E: hook failed with exit code 1', 'COMMAND'],
] as const) {
  test(`"${stderr}" is ${code}`, async (t) => {
    const host = new FakeHost().respond(([program]) =>
      program === 'mmdebstrap' ? { exitCode: 25, stderr } : undefined,
    );
    const error = await t.throwsAsync(bootstrap({ ...request, host }));
    t.true(isCode(error, code));
    t.true(isCode(error, code) && error.observed?.includes(stderr) === true);
  });
}
