import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import type { Host } from '../../../../gocli-ts/src/host/interface.ts';
import { provision } from '../../../../gocli-ts/src/provision/provision.ts';
import { resolveStep } from '../../../../gocli-ts/src/provision/steps/resolve.ts';
import { type Bench, openBench, PROVIDER_YAML } from '../_bench.ts';

const hash = (digit: string): string => digit.repeat(64);

/** A mirror: name to `version sha256`. It resolves what is asked for, and libc6 with it. */
function mirror(packages: Record<string, string>): Pick<Host, 'run'> {
  return {
    run: (argv) => {
      const names =
        argv[0] === 'apt-get' && argv.includes('install') ? argv.slice(argv.indexOf('?essential') + 1) : [];
      const wanted = names.length === 0 ? [] : ['libc6', ...names];
      const lines = wanted.map((name) => {
        const [version = '', sha256 = ''] = (packages[name] ?? '').split(' ');
        return `'http://m.example/${name}.deb' ${name}_${version}_amd64.deb 1 SHA256:${sha256}`;
      });
      const unknown = wanted.find((name) => packages[name] === undefined);
      const failed = unknown !== undefined;
      return Promise.resolve({
        exitCode: failed ? 100 : 0,
        stdout: lines.join('\n'),
        stderr: failed ? `E: Unable to locate package ${unknown}` : '',
      });
    },
  };
}

async function openWith(t: ExecutionContext, packages: Record<string, string>): Promise<Bench> {
  const bench = await openBench(t);
  await mkdir(join(bench.root, 'runner'));
  await mkdir(join(bench.root, 'guest', 'debian-13'), { recursive: true });
  await writeFile(join(bench.root, 'runner', 'packages'), 'qemu-utils\n');
  await writeFile(join(bench.root, 'guest', 'debian-13', 'packages'), 'systemd\n');
  return withMirror(bench, packages);
}

function withMirror(bench: Bench, packages: Record<string, string>): Bench {
  return { ...bench, deps: { ...bench.deps, host: mirror(packages) as Host } };
}

const TODAY = { libc6: `2.41 ${hash('a')}`, 'qemu-utils': `10.0 ${hash('b')}`, systemd: `257 ${hash('c')}` };

test('the first run makes the locks and lists exact versions', async (t) => {
  const bench = await openWith(t, TODAY);
  const { results } = await provision({ folder: bench.folder, steps: [resolveStep(false)] }, bench.deps);
  t.is(
    await readFile(join(bench.root, 'runner', 'packages.lock'), 'utf8'),
    `libc6 2.41 ${hash('a')}\nqemu-utils 10.0 ${hash('b')}\n`,
  );
  t.is(
    await readFile(join(results.get('resolve')?.result.folder ?? '', 'guest.list'), 'utf8'),
    'libc6=2.41\nsystemd=257\n',
  );
  const again = await provision({ folder: bench.folder, steps: [resolveStep(true)] }, bench.deps);
  t.false(again.changed);
});

test('a lock the mirror cannot serve any more is renewed with a diff, and under --locked refused', async (t) => {
  const bench = await openWith(t, TODAY);
  await provision({ folder: bench.folder, steps: [resolveStep(false)] }, bench.deps);
  const later = withMirror(bench, { ...TODAY, systemd: `257.1 ${hash('d')}` });
  const refused = await t.throwsAsync(
    provision({ folder: bench.folder, steps: [resolveStep(true)], force: ['resolve'] }, later.deps),
  );
  t.true(isCode(refused, 'CHECKSUM') && refused.observed === '~ systemd 257 -> 257.1');
  bench.events.length = 0;
  await provision({ folder: bench.folder, steps: [resolveStep(false)], force: ['resolve'] }, later.deps);
  const notices = bench.events.filter((event) => event.type === 'notice').map(({ text }) => text);
  t.deepEqual(notices, ['guest/debian-13/packages.lock: renewed, 1 packages\n~ systemd 257 -> 257.1']);
  t.regex(await readFile(join(bench.root, 'guest/debian-13/packages.lock'), 'utf8'), /^systemd 257\.1 /m);
});

test('other content under the same version is never accepted', async (t) => {
  const bench = await openWith(t, TODAY);
  await provision({ folder: bench.folder, steps: [resolveStep(false)] }, bench.deps);
  const evil = withMirror(bench, { ...TODAY, libc6: `2.41 ${hash('e')}` });
  const error = await t.throwsAsync(
    provision({ folder: bench.folder, steps: [resolveStep(false)], force: ['resolve'] }, evil.deps),
  );
  t.true(isCode(error, 'CHECKSUM'));
  t.regex(error.message, /other content under the same version: libc6 2\.41/);
});

test('packages of one provider come beside those of all nodes, with a lock of its own', async (t) => {
  const bench = await openWith(t, { ...TODAY, jq: `1.7 ${hash('f')}` });
  await writeFile(join(bench.folder, 'provider.yaml'), `${PROVIDER_YAML}packages: [jq]\n`);
  const { results } = await provision({ folder: bench.folder, steps: [resolveStep(false)] }, bench.deps);
  t.is(
    await readFile(join(results.get('resolve')?.result.folder ?? '', 'guest.list'), 'utf8'),
    'jq=1.7\nlibc6=2.41\nsystemd=257\n',
  );
  t.regex(await readFile(join(bench.folder, 'node-packages.lock'), 'utf8'), /^jq 1\.7 /m);
  // That of all others is not written for it.
  await t.throwsAsync(readFile(join(bench.root, 'guest', 'debian-13', 'packages.lock')), { code: 'ENOENT' });
  const again = await provision({ folder: bench.folder, steps: [resolveStep(true)] }, bench.deps);
  t.false(again.changed);
});

test('a package that the mirror does not have is named', async (t) => {
  const bench = await openWith(t, { libc6: TODAY.libc6, systemd: TODAY.systemd });
  const error = await t.throwsAsync(
    provision({ folder: bench.folder, steps: [resolveStep(false)] }, bench.deps),
  );
  t.true(isCode(error, 'DOWNLOAD') && error.observed === 'E: Unable to locate package qemu-utils');
});
