import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { provisionManager } from '../../../gocli-ts/src/api/provision-manager.ts';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';
import { localHost } from '../../../gocli-ts/src/host/exec.ts';
import { makeConsole } from '../../helpers/console.ts';
import { checkoutOf, replaced, writeBelow } from '../provision/_providers.ts';

/** A repository with one commit, and what is asked of it. */
async function repository(t: ExecutionContext) {
  const checkout = await checkoutOf(t, {
    'cluster-provision/runner/packages': 'qemu\n',
    'cluster-provision/runner/packages.lock': '',
    'cluster-provision/runner/excluded': '',
    'cluster-provision/runner/files/etc/x': '',
    'cluster-provision/guest/debian-13/packages.lock': '',
    'cluster-provision/guest/debian-13/excluded': '',
    'cluster-provision/guest/debian-13/setup.sh': '',
    'cluster-provision/guest/debian-13/make-disk.sh': '',
    'cluster-provision/guest/debian-13/files/etc/x': '',
    'cluster-provision/guest/debian-13/initrd/make.sh': '',
    'cluster-provision/guest/debian-13/initrd/tiny': '',
  });
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', checkout, '-c', 'user.name=x', '-c', 'user.email=x@y', ...words], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    }).trim();
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'first');
  const { context, engine } = await makeConsole(t);
  const ask = (tag?: string) =>
    provisionManager({ tag }, { ...engine, ...context, checkout, host: localHost(process.env) });
  return { checkout, git, ask };
}

test('only what an image is made from makes it be built anew, and it is said which', async (t) => {
  const { checkout, git, ask } = await repository(t);
  git('tag', 'v1');
  const { since, providers } = await ask();
  t.is(since, git('rev-parse', 'HEAD'));
  t.deepEqual(providers, [
    { name: 'k8s-1.36', rebuild: false, why: [] },
    { name: 'k8s-1.37', rebuild: false, why: [] },
  ]);

  await writeBelow(checkout, 'cluster-provision/k8s/1.36/README.md', 'words');
  await writeBelow(checkout, 'cluster-provision/k8s/1.37/provision.sh', 'echo of its own\n');
  t.deepEqual((await ask('v1')).providers, [
    { name: 'k8s-1.36', rebuild: false, why: [] },
    { name: 'k8s-1.37', rebuild: true, why: ['k8s/1.36/provision.sh', 'k8s/1.37/provision.sh'] },
  ]);

  await writeBelow(checkout, 'cluster-provision/runner/packages', 'qemu\nchrony\n');
  t.deepEqual(
    (await ask('HEAD')).providers.map(({ rebuild }) => rebuild),
    [true, true],
  );
});

test('a version that is new must be built; what cannot be compared is said', async (t) => {
  const { checkout, git, ask } = await repository(t);
  await t.throwsAsync(ask(), { code: 'USAGE' });
  await t.throwsAsync(ask('nothing'), { code: 'NOT_FOUND', message: /no commit "nothing"/ });
  await t.throwsAsync(ask('--all'), { code: 'NOT_FOUND' });
  git('rm', '-r', '--quiet', 'cluster-provision/k8s/1.37');
  git('commit', '--quiet', '-m', 'without');
  git('checkout', '--quiet', 'HEAD~1', '--', 'cluster-provision/k8s/1.37');
  t.deepEqual((await ask('HEAD')).providers.at(-1), { name: 'k8s-1.37', rebuild: true, why: ['it is new'] });

  const file = 'cluster-provision/k8s/1.37/provider.yaml';
  await writeBelow(checkout, file, replaced(file, 'tags:', 'tag:')[file] ?? '');
  const error = await t.throwsAsync(ask('HEAD'));
  t.true(isCode(error, 'BAD_FILE'));
  await rm(join(checkout, '.git'), { recursive: true });
  await t.throwsAsync(ask('HEAD'), { code: 'NOT_FOUND', message: /no git repository/ });
});
