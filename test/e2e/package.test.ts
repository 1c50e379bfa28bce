import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { renderKubeconfig } from '../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { CHECKOUT, command, gocli as checkoutGocli, type CliResult, outputOf } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';

/** What a package would compile with; in the test each only says that it was called. */
const COMPILERS = ['gcc', 'g++', 'cc', 'c++', 'make', 'node-gyp', 'python3', 'python'];

let sandbox: Sandbox;
/** Folder of everything below: `compiled` is there when a compiler ran. */
let folder: string;
let tarball: string;
/** The installed package, in an otherwise empty project. */
let installed: string;
/** The checkout before it was packed. */
let before: Readonly<Record<string, string>>;

test.before('packed and installed without a network', async (t) => {
  t.timeout(85 * 60_000);
  const built = await checkoutGocli(['provision', await providerFolder()]);
  t.is(built.exitCode, 0, outputOf(built));
  sandbox = await openSandbox();
  folder = await mkdtemp(join(tmpdir(), 'gocli-package-'));
  const env = await userEnvironment(folder);
  // As npm left it when it installed: what it did not strip then, packing may not strip in its place.
  before = await checkoutState();
  await execa('npm', ['pack', '--pack-destination', folder], { cwd: CHECKOUT });
  const [name = ''] = (await readdir(folder)).filter((one) => one.endsWith('.tgz'));
  tarball = join(folder, name);
  const project = join(folder, 'project');
  await mkdir(project);
  const result = await command(['npm', 'install', tarball], { cwd: project, env });
  t.is(result.exitCode, 0, outputOf(result));
  installed = join(project, 'node_modules', 'gocli');
});

test.after.always('nothing stays', async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** That of a user with compilers, with nothing in npm's cache, no settings, and a registry that nobody can reach. */
async function userEnvironment(home: string): Promise<Record<string, string>> {
  const bin = join(home, 'bin');
  await mkdir(bin);
  for (const name of COMPILERS) {
    await writeFile(join(bin, name), `#!/bin/sh\necho "$0 $*" >>'${join(home, 'compiled')}'\nexit 1\n`);
    await chmod(join(bin, name), 0o755);
  }
  return {
    PATH: [bin, process.env['PATH']].join(delimiter),
    HOME: home,
    npm_config_cache: join(home, 'cache'),
    npm_config_userconfig: join(home, 'npmrc'),
    npm_config_globalconfig: join(home, 'global-npmrc'),
    npm_config_ignore_scripts: 'false',
    npm_config_registry: 'http://127.0.0.1:9/',
  };
}

const gocli = (...argv: string[]): Promise<CliResult> =>
  command([join(installed, '..', '.bin', 'gocli'), ...argv], { env: sandbox.env, cwd: folder });

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

/** Texts of all manifests of the checkout, npm's own record included, by path. */
async function checkoutState(): Promise<Record<string, string>> {
  const modules = await readdir(join(CHECKOUT, 'node_modules'), { recursive: true });
  const files = modules.filter((path) => /(?:^|\/)(?:package|\.package-lock)\.json$/.test(path));
  const paths = [...files.map((path) => join('node_modules', path)), 'package.json', 'package-lock.json'];
  const texts = paths.map(async (path) => [path, await readFile(join(CHECKOUT, path), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

/** Paths of the files below, with the bits that make them run. */
async function filesBelow(root: string, part: string): Promise<string[]> {
  const entries = await readdir(join(root, part), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map((one) => join(one.parentPath, one.name));
  return Promise.all(paths.map((path) => fileWithMode(root, relative(root, path))));
}

async function fileWithMode(root: string, path: string): Promise<string> {
  return `${((await stat(join(root, path))).mode & 0o111).toString(8)} ${path}`;
}

test.serial('nothing is compiled, and nothing would be: no install script and no machine code', async (t) => {
  await t.throwsAsync(readFile(join(folder, 'compiled')), { code: 'ENOENT' });
  const files = await readdir(installed, { recursive: true });
  t.deepEqual(
    files.filter((path) => /\.(?:node|so|a|o|bare|wasm)$/.test(path)),
    [],
  );
  const manifests = files.filter((path) => /node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path));
  t.true(manifests.length > 50, String(manifests.length));
  for (const path of manifests) {
    const { scripts = {} } = JSON.parse(await readFile(join(installed, path), 'utf8')) as {
      scripts?: Record<string, string>;
    };
    t.deepEqual(
      Object.keys(scripts).filter((name) => ['preinstall', 'install', 'postinstall'].includes(name)),
      [],
      path,
    );
    // npm would run node-gyp by itself.
    t.false(files.includes(path.replace('package.json', 'binding.gyp')), path);
  }
});

test.serial(
  'packing changes nothing in the checkout, also when it is killed, and can be published',
  async (t) => {
    t.deepEqual(await checkoutState(), before);
    ended(t, 0, await command(['npm', 'pack', '--dry-run', '--pack-destination', folder], { cwd: CHECKOUT }));
    const packing = execa('npm', ['pack', '--pack-destination', folder], {
      cwd: CHECKOUT,
      detached: true,
      reject: false,
    });
    await new Promise((resolve) => setTimeout(resolve, 800));
    if (packing.pid !== undefined && packing.exitCode === null) process.kill(-packing.pid, 'SIGKILL');
    await packing;
    t.deepEqual(await checkoutState(), before);
    const published = await command(['npm', 'publish', '--dry-run', '--fetch-retries=0', tarball]);
    ended(t, 0, published);
    // Nobody is logged in here.
    t.notRegex(
      published.stderr,
      /^npm (?:warn(?! publish This command requires you to be logged in)|error)/im,
    );
  },
);

test.serial(
  'what provisioning reads is all there, as in a checkout; tests and sources are not',
  async (t) => {
    for (const part of ['cluster-provision', 'cluster-up', 'docs', 'manifests']) {
      const { stdout } = await execa(
        'git',
        ['ls-files', '-z', '--cached', '--others', '--exclude-standard', part],
        { cwd: CHECKOUT },
      );
      const tracked = stdout.split('\0').filter((path) => path !== '');
      const wanted = await Promise.all(tracked.map((path) => fileWithMode(CHECKOUT, path)));
      t.deepEqual((await filesBelow(installed, part)).sort(), wanted.sort());
    }
    t.deepEqual((await readdir(join(installed, 'dist'))).sort(), ['cli', 'gocli-ts']);
    const names = await readdir(installed);
    t.deepEqual(
      ['LICENSE', 'README.md', 'CHANGELOG.md', 'test', 'tsconfig.json'].map((name) => names.includes(name)),
      [true, true, true, false, false],
    );
  },
);

test.serial('version, ls and run work, the latter with an image that is there', async (t) => {
  const version = await gocli('version');
  ended(t, 0, version);
  const { version: packed } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as {
    version: string;
  };
  t.regex(version.stdout, new RegExp(`gocli +${packed}`));
  const name = sandbox.name();
  ended(t, 0, await gocli('run', PROVIDER, '--no-provision', '--name', name));
  const listed = await gocli('ls');
  ended(t, 0, listed);
  t.regex(listed.stdout, new RegExp(`${name} +${PROVIDER} +1 +running`));
  ended(t, 0, await gocli('kubectl', '--name', name, 'get', '--raw', '/readyz'));
  ended(t, 0, await gocli('rm', name));
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial(
  'a program in TypeScript compiles against the types of the package, all of them checked',
  async (t) => {
    const program = `
    import { GocliError, ls, run, type RunRequest, type RunResult } from 'gocli';
    const request: RunRequest = { provider: 'k8s-1.36', memory: '4G' };
    export async function start(): Promise<string> {
      const { state }: RunResult = await run(request, { onEvent: (event) => console.log(event.type) });
      return state.name;
    }
    // @ts-expect-error: there is no such option
    void run({ provider: 'k8s-1.36', memry: '4G' });
    void ls().catch((error: unknown) => error instanceof GocliError && error.hint);
  `;
    const types = join(CHECKOUT, 'node_modules', '@types');
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2022', strict: true, noEmit: true },
      ...{ typeRoots: [types], types: ['node'] },
    };
    const project = join(installed, '..', '..');
    await writeFile(join(project, 'program.mts'), program);
    const settings = JSON.stringify({ compilerOptions, files: ['program.mts'] });
    await writeFile(join(project, 'tsconfig.json'), settings);
    const compiler = join(CHECKOUT, 'node_modules', 'typescript', 'bin', 'tsc');
    ended(t, 0, await command([process.execPath, compiler, '-p', project]));
  },
);

test.serial('a program imports the library and starts a cluster of its own', async (t) => {
  const name = sandbox.name();
  const program = `
    import { ls, rm, run } from 'gocli';
    const events = [];
    const { state, started } = await run(
      { provider: '${PROVIDER}', name: '${name}', provision: false },
      { onEvent: (event) => events.push(event) },
    );
    const { clusters } = await ls();
    const origins = events.map(({ operation, rig }) => operation + ' ' + rig);
    await rm({ name: '${name}' });
    console.log(JSON.stringify({ name: state.name, started, there: clusters.map((one) => one.name), origins }));`;
  await writeFile(join(folder, 'project', 'program.mjs'), program);
  // It has to end by itself; 124 is the exit code of one that did not.
  const result = await command(['timeout', '900', process.execPath, 'program.mjs'], {
    env: sandbox.env,
    cwd: join(folder, 'project'),
  });
  ended(t, 0, result);
  const said = JSON.parse(result.stdout) as { name: string; there: string[]; origins: string[] };
  t.like(said, { name, started: true, there: [name] });
  t.deepEqual([...new Set(said.origins)], [`run ${name}`]);
});

test.serial(
  'the scripts find their gocli and nothing to build; their files lie outside of the package',
  async (t) => {
    const script = (...argv: [string, ...string[]]): Promise<CliResult> =>
      command([join(installed, 'cluster-up', argv[0]), ...argv.slice(1)], { env: sandbox.env, cwd: folder });
    const version = await script('cli.sh', 'version');
    t.is(version.stdout, (await gocli('version')).stdout, outputOf(version));
    const bootstrap = await script('bootstrap.sh', 'cli', 'docker');
    ended(t, 0, bootstrap);
    t.is(bootstrap.stdout + bootstrap.stderr, '');
    const { stdout } = await command(
      ['bash', '-c', `source '${installed}/cluster-up/lib/common.sh'; gocli_ci_config`],
      { env: sandbox.env },
    );
    t.true(stdout.startsWith(sandbox.env['XDG_STATE_HOME'] ?? 'unset'), stdout);
  },
);

/** A repository of somebody else with nothing but its scripts and what `gocli vendor` wrote, and how they are run there. */
interface Consumer {
  readonly name: string;
  readonly root: string;
  readonly run: (...argv: [string, ...string[]]) => Promise<CliResult>;
}

/** What other people's shells have: a mask, a search path of folders, no terminal, a mode of Node, the name of a job. */
async function openConsumer(t: ExecutionContext): Promise<Consumer> {
  const name = sandbox.name();
  const root = join(folder, 'their repository');
  await cp(join(CHECKOUT, 'test/fixtures/consumer'), join(root, 'hack'), { recursive: true });
  const env = {
    ...sandbox.env,
    HOME: join(folder, 'their home'),
    PATH: [join(installed, '..', '.bin'), process.env['PATH']].join(delimiter),
    ...{
      JOB_NAME: name,
      EXECUTOR_NUMBER: '',
      KUBEVIRT_PROVIDER: PROVIDER,
      CDPATH: '/',
      TERM: '',
      NODE_ENV: 'production',
    },
  };
  await mkdir(env.HOME);
  const run: Consumer['run'] = (...argv) =>
    command(['bash', '-c', 'umask 077; exec "$@"', 'bash', ...argv], { cwd: root, env });
  ended(t, 0, await run('gocli', 'vendor', '.'));
  return { name, root, run };
}

/** Names of clusters that one YAML or the other takes for something else, in the order in which kubectl lists them. */
const ODD_NAMES = ['017', '0b1', '0x1f', '1.36', '1e3', 'n', 'no', 'null', 'on', 'true', 'y', 'yes'];

/** What kubectl reads of a kubeconfig of each. */
async function namesRead(root: string, run: Consumer['run']): Promise<string[]> {
  const access = { server: 'https://127.0.0.1:1', ca: 'a', cert: 'b', key: 'c' };
  const files = ODD_NAMES.map((name) => join(root, `kubeconfig-${name}`));
  for (const [at, name] of ODD_NAMES.entries())
    await writeFile(files[at] ?? '', renderKubeconfig(name, access));
  const kubectl = join(root, '_ci-configs', PROVIDER, '.kubectl');
  const listed = await run(
    'env',
    `KUBECONFIG=${files.join(delimiter)}`,
    kubectl,
    'config',
    'get-contexts',
    '-o',
    'name',
  );
  return listed.stdout.trim().split('\n');
}

test.serial('five scripts of a consumer run unchanged against a cluster of make cluster-up', async (t) => {
  const { name, root, run } = await openConsumer(t);
  const up = await run('make', '-j2', 'cluster-up');
  ended(t, 0, up);
  t.true(up.stdout.includes(`Cluster ${name} is Ready`), up.stdout);
  const script = async (file: string): Promise<string> => {
    const result = await run('bash', `hack/${file}`);
    ended(t, 0, result);
    return result.stdout;
  };
  const [registry = ''] = (await script('ports.sh')).split(' ');
  t.teardown(() => command(['docker', 'rmi', `${registry}/kubevirt/app:devel`]));
  t.regex(await script('deploy.sh'), /successfully rolled out/);
  t.regex(await script('ssh.sh'), /vm\.max_map_count = 262144[^]*node\/node01 labeled/);
  t.is(await script('kubeconfig.sh'), `node/node01\n${name}\n`);
  await script('logs.sh');
  const artifacts = join(root, '_out', 'artifacts');
  t.regex(await readFile(join(artifacts, 'objects.log'), 'utf8'), /app-[^]*1\/1/);
  t.regex(await readFile(join(artifacts, 'admin.conf'), 'utf8'), /^kind: Config$/m);
  t.true((await stat(join(artifacts, 'node01-kubelet.log'))).size > 0);
  t.true((await readdir(join(artifacts, 'pods'))).some((pod) => pod.startsWith('kube-system_')));

  t.deepEqual(await namesRead(root, run), ODD_NAMES);

  // kube-system is the user's, too.
  const webhook = await run('cluster-up/kubectl.sh', 'apply', '-f', 'hack/closed-webhook.yaml');
  ended(t, 0, webhook);
  const refused = await run('cluster-up/kubectl.sh', 'create', 'configmap', 'refused');
  t.regex(refused.stderr, /failed calling webhook/);
  t.teardown(() => run('gocli', 'snapshot', 'rm', 'closed', '--name', name));
  for (const words of [
    ['status'],
    ['snapshot', 'create', 'closed'],
    ['stop'],
    ['start'],
    ['status'],
    ['snapshot', 'restore', 'closed'],
    ['status'],
    ['snapshot', 'rm', 'closed'],
  ])
    ended(t, 0, await run('gocli', ...words, '--name', name));

  ended(t, 0, await run('make', 'cluster-down'));
  t.deepEqual(await sandbox.leftovers(name), []);
});
