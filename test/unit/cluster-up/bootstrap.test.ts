import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CHECKOUT } from '../../helpers/cli.ts';
import { scriptCheckout, type ScriptCheckout } from '../../helpers/script-checkout.ts';

const release = (system: string): string => join(CHECKOUT, 'test/fixtures/os-release', system);

/** Package managers by the beginning of a system's name; that of Debian elsewhere. */
const MANAGERS: readonly (readonly [RegExp, string])[] = [
  [/^(fedora|almalinux|amzn|centos|ol|rhel|rocky)/, 'dnf'],
  [/^alpine/, 'apk'],
  [/^arch/, 'pacman'],
  [/^opensuse/, 'zypper'],
];

/** A machine of a system whose package manager writes down what it is asked, with a user of this number. */
async function machine(
  t: ExecutionContext,
  system: string,
  user = '0',
): Promise<{ run: ScriptCheckout['run']; asked: () => Promise<string[]> }> {
  const { root, env, run } = await scriptCheckout(t);
  const bin = env['PATH'] ?? '';
  const log = join(root, '..', 'asked');
  const program = (name: string, text: string): Promise<void> =>
    writeFile(join(bin, name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  const [, manager = 'apt-get'] = MANAGERS.find(([beginning]) => beginning.test(system)) ?? [];
  await program(manager, `echo "${manager} $*" >>'${log}'`);
  await rm(join(bin, 'id'));
  await program('id', `echo ${user}`);
  return {
    run: (words, changed) => run(words, { GOCLI_OS_RELEASE: release(system), ...changed }),
    asked: async () => (await readFile(log, 'utf8').catch(() => '')).trim().split('\n'),
  };
}

const ALL = 'docker.io iptables mmdebstrap debian-archive-keyring gcc libc6-dev';
const INSTALL = `source cluster-up/bootstrap.sh; yes=1; install_packages 'because of it' ${ALL}`;

const BY_APT = `apt-get -qq -o Dpkg::Use-Pty=0 install --no-install-recommends -y ${ALL}`;

for (const [system, argv] of [
  ['debian-13', BY_APT],
  ['ubuntu-22.04', BY_APT],
  ['ubuntu-24.04', BY_APT],
  ['linuxmint-22', BY_APT],
  ['linuxmint-debian-6', BY_APT],
  ['pop-22.04', BY_APT],
  ['raspbian-12', BY_APT],
  ['kali', BY_APT],
  [
    'fedora-42',
    'dnf install --setopt=install_weak_deps=False -y moby-engine iptables-nft mmdebstrap debian-keyring gcc glibc-static',
  ],
] as const) {
  test(`what is missing on ${system} is installed by its names`, async (t) => {
    const { run, asked } = await machine(t, system);
    const { exitCode, stderr } = await run(['bash', '-c', INSTALL]);
    t.is(exitCode, 0, stderr);
    t.is((await asked()).at(-1), argv);
    t.regex(stderr, /\(because of it\)/);
  });
}

test('a keyring that cannot verify Debian 13, as that of Ubuntu 22.04, is said before anything is built', async (t) => {
  const { run } = await machine(t, 'ubuntu-22.04');
  const folder = await mkdtemp(join(tmpdir(), 'gocli-keyring-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const keyring = join(folder, 'keyring of debian.gpg');
  const look = async (id: string) => {
    await writeFile(keyring, Buffer.from(`99020d04${id}b4fe`, 'hex'));
    return run(['bash', '-c', 'source cluster-up/bootstrap.sh; require_keyring "$0"', keyring]);
  };
  // Debian 11's is the newest there.
  const { exitCode, stderr } = await look('0e98404d386fa1d9');
  t.is(exitCode, 3);
  t.true(stderr.includes(`${keyring} has none of the keys that sign Debian 13`), stderr);
  t.regex(stderr, /provider load/);
  for (const id of ['6ed0e7b82643e131', '78dba3bc47ef2265', '762f67a0b2c39de4'])
    t.is((await look(id)).exitCode, 0, id);
});

test('who may not install is told what to type as root', async (t) => {
  for (const [system, words] of [
    ['ubuntu-24.04', 'as root: apt-get install --no-install-recommends docker.io iptables'],
    ['fedora-42', 'as root: dnf install --setopt=install_weak_deps=False moby-engine iptables-nft'],
    ['pop-22.04', 'as root: apt-get install --no-install-recommends docker.io iptables'],
    ['kali', 'as root: apt-get install --no-install-recommends docker.io iptables'],
  ] as const) {
    const { run, asked } = await machine(t, system, '1000');
    const { exitCode, stderr } = await run(['bash', '-c', INSTALL]);
    t.is(exitCode, 3);
    t.true(stderr.includes(words), stderr);
    t.deepEqual(await asked(), ['']);
  }
});

// Of those that are like Fedora some say no more than that, and have other packages.
for (const [system, called] of [
  ['almalinux-9', 'AlmaLinux 9.1 (Lime Lynx)'],
  ['rocky-9', 'Rocky Linux 9.4 (Blue Onyx)'],
  ['centos-9', 'CentOS Stream 9'],
  ['rhel-9', 'Red Hat Enterprise Linux 9.4 (Plow)'],
  ['ol-9', 'Oracle Linux Server 9.4'],
  ['amzn-2023', 'Amazon Linux 2023.6.20241010'],
  ['opensuse-leap-15.6', 'openSUSE Leap 15.6'],
  ['arch', 'Arch Linux'],
  ['alpine-3.20', 'Alpine Linux v3.20'],
] as const) {
  test(`on ${system} nothing is installed, and it is said what the packages of Debian are`, async (t) => {
    for (const user of ['0', '1000']) {
      const { run, asked } = await machine(t, system, user);
      const { exitCode, stderr } = await run(['bash', '-c', INSTALL]);
      t.is(exitCode, 3);
      t.true(stderr.includes(`on ${called} (because of it)\n`), stderr);
      t.true(stderr.includes(`of Debian contain: ${ALL} (Docker: https://docs.docker.com/engine/install)`));
      t.deepEqual(await asked(), ['']);
    }
  });
}

test('of a system that does not say what it is no more is said', async (t) => {
  const { run } = await machine(t, 'almalinux-9');
  const unknown = await run(['bash', '-c', INSTALL], { GOCLI_OS_RELEASE: '/nowhere' });
  t.regex(unknown.stderr, /on an unknown system/);
});

test('where the packages have a Node that is new enough, they are named', async (t) => {
  for (const [system, words] of [
    ['debian-13', /apt-get install nodejs npm$/],
    ['debian-12', /https:\/\/nodejs\.org$/],
    ['ubuntu-22.04', /https:\/\/nodejs\.org$/],
    ['ubuntu-24.04', /https:\/\/nodejs\.org$/],
    ['fedora-42', /dnf install nodejs npm$/],
    ['almalinux-9', /https:\/\/nodejs\.org$/],
    ['ol-9', /https:\/\/nodejs\.org$/],
    ['amzn-2023', /https:\/\/nodejs\.org$/],
    ['linuxmint-22', /https:\/\/nodejs\.org$/],
    ['kali', /https:\/\/nodejs\.org$/],
    // That of nodejs.org does not run there.
    ['alpine-3.20', /for glibc, which Alpine Linux does not have: use Debian/],
  ] as const) {
    const { run } = await machine(t, system);
    const { stdout } = await run(['bash', '-c', 'source cluster-up/bootstrap.sh; node_from']);
    t.regex(stdout.trim(), words, system);
  }
});

test('a Docker context is followed, and nothing is installed for one whose daemon does not answer', async (t) => {
  const { run, env, root } = await scriptCheckout(t);
  const config = join(root, '..', 'docker');
  const context = async (name: string, host: string): Promise<void> => {
    const folder = join(config, 'contexts/meta', createHash('sha256').update(name).digest('hex'));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'meta.json'), JSON.stringify({ Endpoints: { docker: { Host: host } } }));
  };
  await context('there', env['DOCKER_HOST'] ?? '');
  await context('dead', `unix://${root}/nobody.sock`);
  await writeFile(join(config, 'config.json'), '{"currentContext":"dead"}');
  const bootstrap = (changed: Record<string, string>) =>
    run(['cluster-up/bootstrap.sh', 'docker'], { DOCKER_HOST: undefined, DOCKER_CONFIG: config, ...changed });
  const dead = await bootstrap({});
  t.is(dead.exitCode, 3);
  t.regex(dead.stderr, /at the Docker context in use/);
  t.is((await bootstrap({ DOCKER_CONTEXT: 'there' })).exitCode, 0);
});
