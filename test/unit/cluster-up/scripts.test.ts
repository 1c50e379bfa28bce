import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { listProviderFolders } from '../../../gocli-ts/src/provider/folders.ts';
import { checkRigName } from '../../../gocli-ts/src/rig/names.ts';
import { CHECKOUT, command } from '../../helpers/cli.ts';
import { layOut, scriptCheckout, type ScriptCheckout } from '../../helpers/script-checkout.ts';

const PROVIDER = 'cluster-provision/k8s/1.36';

/** Every script that a user or a pipeline starts, with words for those that want some. */
async function scripts(): Promise<string[][]> {
  const words: Record<string, string[]> = {
    'cluster-up/bootstrap.sh': ['--help'],
    'cluster-up/up.sh': ['--no-provision'],
    '.ci/tier': ['unit'],
  };
  const names = await Promise.all(
    ['cluster-up', '.ci', PROVIDER].map(async (folder) =>
      (await readdir(join(CHECKOUT, folder), { withFileTypes: true }))
        .filter((entry) => entry.isFile() && (folder === '.ci' || entry.name.endsWith('.sh')))
        .map(({ name }) => join(folder, name)),
    ),
  );
  return names.flat().map((name) => [name, ...(words[name] ?? [])]);
}

const REGISTRY = { KUBEVIRTCI_CONTAINER_REGISTRY: 'quay.io', KUBEVIRTCI_CONTAINER_ORG: 'me' };

test('what a shell exports changes nothing: CDPATH with another checkout, noclobber, nounset', async (t) => {
  const { root, env, run } = await scriptCheckout(t);
  const other = join(root, '..', 'other');
  await layOut(other);
  const make = join(env['PATH'] ?? '', 'make');
  await rm(make);
  await writeFile(make, '#!/usr/bin/env bash\necho "make $* in $PWD"\n', { mode: 0o755 });
  const all = await scripts();
  t.true(all.length >= 13, all.join('\n'));
  for (const words of all) {
    const plain = await run(words, REGISTRY);
    const odd = { CDPATH: `${other}:.`, SHELLOPTS: 'noclobber:nounset', GREP_OPTIONS: '-v' };
    t.deepEqual(await run(words, { ...REGISTRY, ...odd }), plain, words.join(' '));
    t.notRegex(plain.stderr, /No such file|unbound/, words.join(' '));
  }
});

test('a script does the same through a link to it, or to its folder', async (t) => {
  const { root, run } = await scriptCheckout(t);
  const links = join(root, '..', 'some links');
  await mkdir(links);
  await symlink(join(root, 'cluster-up'), join(links, 'folder'));
  for (const [name = '', ...words] of await scripts()) {
    if (!name.startsWith('cluster-up/')) continue;
    const plain = await run([name, ...words], REGISTRY);
    const file = name.replace('cluster-up/', '');
    t.deepEqual(await run([join(links, 'folder', file), ...words], REGISTRY), plain, name);
    await symlink(join(root, name), join(links, file));
    t.deepEqual(await run([join(links, file), ...words], REGISTRY), plain, name);
    t.notRegex(plain.stderr, /No such file/, name);
  }
});

test('a work tree of git does the same, at a path with blanks, for a careful user in production', async (t) => {
  const { root, run } = await scriptCheckout(t);
  const tree = join(root, '..', 'a work tree, ü');
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b.example', '-c', 'commit.gpgsign=false'];
  for (const words of [
    ['init', '--quiet'],
    ['add', '--all', '--force'],
    [...identity, 'commit', '--quiet', '--no-verify', '--message=all'],
    ['worktree', 'add', '--quiet', '--detach', tree],
  ])
    await execa('bash', ['-c', 'umask 077; exec git -C "$0" "$@"', root, ...words]);
  const odd = { ...REGISTRY, NODE_ENV: 'production', CDPATH: `${root}:.` };
  const strict = ['bash', '-c', 'umask 077; cd "$0"; exec "$@"', tree];
  const all = [...(await scripts()), ['make', 'cluster-up'], ['make', '-j8', 'cluster-down']];
  for (const words of all) {
    const plain = await run(['bash', '-c', 'cd "$0"; exec "$@"', root, ...words], REGISTRY);
    const there = await run([...strict, ...words], odd);
    const named = (text: string): string => text.replaceAll(tree, root);
    t.deepEqual(
      { ...there, stdout: named(there.stdout), stderr: named(there.stderr) },
      plain,
      words.join(' '),
    );
    if (words[0] === 'make') t.regex(there.stdout, /gocli\.js (run|rm) /, there.stderr);
  }
  const sourced = 'set -eu; . cluster-up/hack/common.sh; cd /; $_cli version; [[ -d "$(gocli_ci_config)" ]]';
  const { exitCode, stderr } = await run([...strict, 'bash', '-c', sourced], odd);
  t.is(exitCode, 0, stderr);
});

test('no script goes to a relative path by way of CDPATH', async (t) => {
  for (const [name = ''] of [...(await scripts()), ['cluster-up/lib/common.sh']]) {
    const text = await readFile(join(CHECKOUT, name), 'utf8');
    t.deepEqual(text.match(/.*(?<!CDPATH='' )\bcd (?!"\$GOCLI_ROOT"|"\$root").*/g), null, name);
  }
});

test('a checkout and a PREFIX may have a blank in their path', async (t) => {
  const { root, run } = await scriptCheckout(t, 'a b');
  await writeFile(join(root, 'cluster-up/bootstrap.sh'), '#!/usr/bin/env bash\n', { mode: 0o755 });
  const provisioned = await run(['make', 'provision']);
  t.is(provisioned.exitCode, 0, provisioned.stderr);
  t.true(provisioned.stdout.startsWith(`${root}/gocli-ts/bin/gocli.js provision ${PROVIDER}`));
  const installed = await run(['make', 'install', `PREFIX=${root}/x y`]);
  t.is(installed.exitCode, 0, installed.stderr);
  t.deepEqual(await readdir(join(root, 'x y', 'bin')), ['gocli']);
  const gone = await run(['make', 'uninstall', `PREFIX=${root}/x y`]);
  t.regex(gone.stdout, /^removed /);
});

test('an installed package needs no HOME', async (t) => {
  const { run } = await scriptCheckout(t);
  const { exitCode, stdout, stderr } = await run(['cluster-up/cli.sh', 'version'], { HOME: undefined });
  t.is(exitCode, 0, stderr);
  t.regex(stdout, / version /);
  const script = 'source cluster-up/lib/common.sh; gocli_ci_config';
  t.regex(
    (await run(['bash', '-c', script], { HOME: '' })).stdout,
    /^\/.*\.local\/state\/gocli\/_ci-configs/,
  );
});

/** After `down.sh`, which of the copies are left. @param of the cluster that they are of */
async function copiesAfter(
  { root, run }: ScriptCheckout,
  of: string | undefined,
  clusters: readonly string[],
  ...words: string[]
): Promise<string[]> {
  const folder = join(root, 'ci', 'k8s-1.36');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  if (of !== undefined)
    await writeFile(join(folder, '.kubeconfig'), `kind: Config\ncurrent-context: ${of}\n`);
  await writeFile(join(folder, '.kubectl'), '');
  const env = { KUBEVIRTCI_CONFIG_PATH: join(root, 'ci'), CLUSTERS: clusters.join('\n') };
  await run(['cluster-up/down.sh', ...words], env);
  return readdir(folder);
}

test('down.sh removes the copies of a cluster that is gone, and of no other', async (t) => {
  const checkout = await scriptCheckout(t);
  const both = ['.kubeconfig', '.kubectl'];
  t.deepEqual(await copiesAfter(checkout, 'k8s-1.36', []), []);
  t.deepEqual(await copiesAfter(checkout, 'k8s-1.36', ['two', 'k8s-1x36']), []);
  t.deepEqual(await copiesAfter(checkout, 'k8s-1.36', ['k8s-1.36', 'two'], '--help'), both);
  t.deepEqual(await copiesAfter(checkout, 'k8s-1.36', ['k8s-1.36'], 'two'), both);
  t.deepEqual(await copiesAfter(checkout, 'k8s-1.36', ['k8s-1.36'], '--name', 'other'), both);
  t.deepEqual(await copiesAfter(checkout, '"other"', ['other']), both);
  t.deepEqual(await copiesAfter(checkout, 'other', ['k8s-1.36'], '--name', 'other'), []);
  t.deepEqual(await copiesAfter(checkout, undefined, []), []);
});

test('job and executor of a CI system name the cluster, as a cluster can be named', async (t) => {
  const { run } = await scriptCheckout(t);
  const named = async (env: Record<string, string>): Promise<string[]> => {
    const said = await Promise.all(
      ['ssh.sh node01', 'kubectl.sh get pods', 'scp.sh a node01:', 'down.sh', 'kubeconfig.sh'].map(
        async (line) => {
          const [script = '', ...words] = line.split(' ');
          const { stdout } = await run([`cluster-up/${script}`, ...words], env);
          return /--name[ =](\S+)/.exec(stdout)?.[1] ?? stdout;
        },
      ),
    );
    const up = await run(['cluster-up/up.sh', '--no-provision'], env);
    const sourced = await run(
      ['bash', '-c', 'set -eu; source cluster-up/hack/common.sh; echo "$provider_prefix $job_prefix"'],
      env,
    );
    return [...new Set(said), up.stdout.trim().split(' ').at(-1) ?? '', sourced.stdout];
  };
  t.deepEqual(await named({}), ['k8s-1.36', 'cluster-up/cli.sh', 'k8s-1.36 kubevirt']);
  t.deepEqual(await named({ EXECUTOR_NUMBER: '3' }), ['k8s-1.363', 'k8s-1.363', 'k8s-1.363 kubevirt3']);
  t.deepEqual(await named({ JOB_NAME: 'e2e', EXECUTOR_NUMBER: '0' }), ['e2e0', 'e2e0', 'e2e0 e2e0']);
  t.deepEqual(await named({ JOB_NAME: 'Team/E2E..Test_' }), [
    'team-e2e.test--3651817666',
    'team-e2e.test--3651817666',
    'team-e2e.test--3651817666 Team/E2E..Test_',
  ]);
  // What cannot be in a name tells jobs apart all the same, and names one of which nothing can.
  const [[night = ''], [day = '']] = [await named({ JOB_NAME: '夜间' }), await named({ JOB_NAME: '日间' })];
  for (const name of [night, day]) t.notThrows(() => checkRigName(name, 'name'), name);
  t.not(night, day);
  t.is((await named({ JOB_NAME: '///' }))[0], 'job');
  const long = 'pull-kubevirt-e2e-k8s-1.36-sig-compute-migrations';
  const [one = '', other = ''] = await Promise.all(
    ['', '-arm'].map(async (end) => (await named({ JOB_NAME: `${long}${end}` }))[0] ?? ''),
  );
  for (const name of [one, other]) t.notThrows(() => checkRigName(name, 'name'), name);
  t.not(one, other);
});

test('a provider that is asked for names the cluster; no other one is meant where it is not there', async (t) => {
  const { run } = await scriptCheckout(t);
  const last = async (env: Record<string, string>): Promise<string | undefined> =>
    (await run(['cluster-up/cli.sh', 'rm'], env)).stdout.split(' ').at(-1);
  t.is(await last({ KUBEVIRT_PROVIDER: 'k8s-1.35' }), 'k8s-1.35');
  t.is(await last({ KUBEVIRT_PROVIDER: 'k8s-1.35', JOB_NAME: 'job' }), 'job');
  t.is(await last({}), '');
  t.is(await last({ GOCLI_CLUSTER: 'stale' }), '');
  const nested = (set: string): Promise<{ stdout: string }> =>
    run(['bash', '-c', `source cluster-up/hack/common.sh; ${set} cluster-up/cli.sh rm`]);
  t.is((await nested('')).stdout.split(' ').at(-1), '', 'what was defaulted around it is not asked for');
  t.is((await nested('KUBEVIRT_PROVIDER=k8s-1.35')).stdout.split(' ').at(-1), 'k8s-1.35');
});

test('check.sh says what is missing and is no failure, as in kubevirtci', async (t) => {
  const { root, run } = await scriptCheckout(t);
  const ends = async (code: number): Promise<number | undefined> => {
    await writeFile(join(root, 'gocli-ts/bin/gocli.js'), `process.exit(${code.toFixed(0)});\n`);
    return (await run(['cluster-up/check.sh'])).exitCode;
  };
  t.is(await ends(3), 0);
  t.is(await ends(0), 0);
  t.is(await ends(2), 2);
  await rm(join(root, 'dist/cli/main.js'));
  t.is(await ends(3), 3, 'nobody could say');
});

test('macOS, arm64 and musl are refused once, before anything else, with what would work', async (t) => {
  const { run } = await scriptCheckout(t);
  for (const [env, what] of [
    [{ OSTYPE: 'darwin23' }, 'darwin23'],
    [{ OSTYPE: 'linux-musl' }, 'linux-musl'],
    [{ HOSTTYPE: 'aarch64' }, 'aarch64'],
  ] as const) {
    for (const [name = '', ...words] of await scripts()) {
      if (!name.startsWith('cluster-up/')) continue;
      const { exitCode, stdout, stderr } = await run([name, ...words], env);
      t.is(exitCode, 3, `${name}: ${stderr}`);
      t.is(stdout, '');
      t.regex(stderr, new RegExp(`^gocli runs on Linux .* this is .*${what}.*Docker[^\\n]*\\n?$`), name);
    }
  }
  // As tcsh exports them.
  const ofOtherShell = { OSTYPE: 'linux', HOSTTYPE: 'x86_64-linux' };
  t.is((await run(['cluster-up/kubeconfig.sh'], ofOtherShell)).exitCode, 0);
});

test('up.sh asks for no tools of provisioning where gocli is told not to provision', async (t) => {
  const { run } = await scriptCheckout(t);
  const said = async (extra: string, ...words: string[]): Promise<string> => {
    const { exitCode, stderr } = await run(['cluster-up/up.sh', ...words], {
      KUBEVIRT_PROVIDER_EXTRA_ARGS: extra,
    });
    return exitCode === 0 ? 'ready' : stderr;
  };
  for (const words of [
    ['--no-provision'],
    ['--provision=false'],
    ['--dry-run'],
    ['--container-registry', 'quay.io'],
    ['--container-registry=quay.io'],
    ['--container-suffix', ':1'],
    ['--memory', '4G', '--snapshot', 'clean'],
  ]) {
    t.is(await said('', ...words), 'ready', words.join(' '));
  }
  for (const extra of ['--container-registry quay.io', `--memory 4G '--no-provision'`])
    t.is(await said(extra), 'ready', extra);
  for (const words of [[], ['--container-suffix', ':latest'], ['--name', 'no-provision'], ['--provision']])
    t.regex(await said('', ...words), /packages to install: mmdebstrap/, words.join(' '));
});

test('up.sh asks for none of them where the provider is published', async (t) => {
  const { run, root } = await scriptCheckout(t);
  const lock = join(root, 'cluster-up', 'cluster', 'providers.lock');
  for (const [provider, isReady] of [
    ['k8s-1.36', true],
    ['k8s-1.3', false],
    ['k8s-1x36', false],
  ] as const) {
    await writeFile(lock, `# provider\n${provider} quay.io/team/k8s-1.36 tag\n`);
    const { exitCode, stderr } = await run(['cluster-up/up.sh']);
    t.is(exitCode === 0, isReady, `${provider}: ${stderr}`);
  }
});

test('up.sh --help makes nothing ready', async (t) => {
  const { run, root } = await scriptCheckout(t);
  await rm(join(root, 'dist'), { recursive: true });
  for (const flag of ['--help', '-h']) {
    const { exitCode, stdout, stderr } = await run(['cluster-up/up.sh', flag], {
      DOCKER_HOST: 'unix:///nowhere',
    });
    t.is(exitCode, 0, stderr);
    t.regex(stdout, /^Usage: cluster-up\/up\.sh[^]*docs\/cli\.md/);
    t.is(stderr, '');
  }
});

test('NODE_ENV and settings of npm do not keep the compiler away', async (t) => {
  const { root, env, run } = await scriptCheckout(t);
  await writeFile(join(root, 'tsconfig.json'), '{}');
  await writeFile(join(env['PATH'] ?? '', 'npm'), '#!/usr/bin/env bash\necho "npm $*"; exit 1\n', {
    mode: 0o755,
  });
  for (const one of [{}, { NODE_ENV: 'production' }, { npm_config_omit: 'dev' }]) {
    const { exitCode, stderr } = await run(['cluster-up/bootstrap.sh', 'cli'], one);
    t.is(exitCode, 3);
    t.regex(stderr, /npm ci --include=dev /, stderr);
  }
});

test('what takes long before there is a gocli says each half minute that it goes on', async (t) => {
  const { root, env, run } = await scriptCheckout(t);
  await writeFile(join(root, 'tsconfig.json'), '{}');
  const put = (name: string, text: string): Promise<void> =>
    writeFile(join(env['PATH'] ?? '', name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  // Half a minute is over once, and npm ends when it was.
  await put('sleep', '[[ ! -e slept ]] || { echo >>slept; exit 1; }; echo >slept');
  await put('npm', 'until [[ -e slept && "$(grep -c "" slept)" == 2 ]]; do :; done; exit 1');
  const { stderr } = await run(['cluster-up/bootstrap.sh', 'cli']);
  t.regex(stderr, /^npm ci: .*\n … npm ci\nerror: npm ci failed/);
});

test('a daemon elsewhere, and a name that no image can have, are left to gocli to refuse', async (t) => {
  const { run } = await scriptCheckout(t);
  for (const env of [
    { DOCKER_HOST: 'tcp://127.0.0.1:1' },
    { KUBEVIRT_PROVIDER: 'k8s 1.36' },
    { KUBEVIRT_PROVIDER: 'k8s-ü%' },
    { KUBEVIRT_PROVIDER: 'there' },
  ]) {
    const { exitCode, stdout, stderr } = await run(['cluster-up/up.sh'], env);
    t.is(exitCode, 0, stderr);
    t.regex(stdout, /gocli\.js run /);
    t.is(stderr, '');
  }
});

test('gocli is told how it is called: as itself where it is on PATH, else by its script', async (t) => {
  const { root, env, run } = await scriptCheckout(t, 'a b');
  const called = async (words: readonly string[], changed = {}): Promise<string | undefined> =>
    (await run(words, changed)).stdout.split(' version ')[1]?.trimEnd();
  const script = join(root, 'cluster-up/cli.sh');
  t.is(await called([script, 'version']), 'cluster-up/cli.sh');
  t.is(await called(['bash', '-c', 'cd cluster-up && ./cli.sh version']), './cli.sh');
  t.is(await called(['bash', '-c', 'cd / && "$0" version', script]), script.replace(' ', '\\ '));
  t.is(await called([script, 'version'], { GOCLI_COMMAND: 'npx gocli' }), 'npx gocli');
  await symlink(join(root, 'gocli-ts/bin/gocli.js'), join(env['PATH'] ?? '', 'gocli'));
  t.is(await called([script, 'version']), '-');
});

test('make provision takes any provider by its name', async (t) => {
  const root = join(CHECKOUT, 'cluster-provision');
  const folders = await listProviderFolders(root);
  t.true(folders.some(({ name }) => name === 'vm-debian-13'));
  for (const { name, folder } of folders) {
    const { stdout, stderr } = await command(['make', '-n', 'provision', `PROVIDER=${name}`], {
      cwd: CHECKOUT,
    });
    t.true(stdout.includes(` provision "cluster-provision/${relative(root, folder)}"`), stdout + stderr);
  }
});

test('tests that need a provider are refused before one starts a machine, when there is no such provider', async (t) => {
  const { run } = await scriptCheckout(t);
  for (const tier of ['e2e', 'charts']) {
    for (const provider of ['nonsense', 'k8s/1.36', '../guest']) {
      const { exitCode, stderr } = await run(['.ci/tier', tier], { KUBEVIRT_PROVIDER: provider });
      t.is(exitCode, 2);
      t.regex(stderr, new RegExp(`^error: there is no provider "${provider}"`));
    }
  }
});
