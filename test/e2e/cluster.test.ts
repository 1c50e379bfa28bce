import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readdir } from 'node:fs/promises';
import test from 'ava';
import { CHECKOUT, command, gocli, outputOf, type CliResult } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';

const NAME = 'e2e';
const kubectl = (...argv: string[]): Promise<CliResult> => gocli(['kubectl', '--name', NAME, ...argv]);
const onNode = (script: string, input?: string): Promise<CliResult> =>
  gocli(['ssh', '--name', NAME, 'node01', '--', script], input === undefined ? {} : { input });

interface Condition {
  readonly name: string;
  readonly met: boolean;
}

test.before('the provider is provisioned and a cluster is up', async (t) => {
  t.timeout(85 * 60_000);
  const built = await gocli(['provision', await providerFolder()]);
  t.is(built.exitCode, 0, outputOf(built));
  const started = await gocli(['run', PROVIDER, '--name', NAME, '-o', 'json']);
  t.is(started.exitCode, 0, outputOf(started));
  const result = JSON.parse(started.stdout) as {
    name: string;
    kubernetes: string;
    started: boolean;
    nodes: unknown[];
  };
  t.like(result, { name: NAME, started: true });
  t.true(result.kubernetes.startsWith(`${basename(await providerFolder())}.`), result.kubernetes);
  t.is(result.nodes.length, 1);
});

test.after.always('the cluster is removed and leaves nothing', async (t) => {
  const removed = await gocli(['rm', '--name', NAME]);
  t.is(removed.exitCode, 0, outputOf(removed));
  for (const list of [
    ['ps', '-aq'],
    ['volume', 'ls', '-q'],
  ]) {
    const left = await command(['docker', ...list, '--filter', `label=io.gocli.cluster=${NAME}`]);
    t.is(left.stdout, '');
  }
  t.is((await gocli(['rm', '--name', NAME])).exitCode, 0, 'removing nothing is no error');
});

test.serial('provisioning again says that nothing changed', async (t) => {
  const again = await gocli(['provision', await providerFolder()]);
  t.is(again.exitCode, 0, outputOf(again));
  t.regex(again.stdout, /Nothing changed/);
  const plan = await gocli(['provision', await providerFolder(), '--dry-run', '-o', 'name']);
  t.is(plan.stdout.trim().replace('resolve', ''), '', 'no step besides the check of the lock would run');
});

test.serial('the node is Ready, and every system pod runs since its first start', async (t) => {
  const nodes = await kubectl(
    'get',
    'nodes',
    '-o',
    'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
  );
  t.is(nodes.stdout, 'True', outputOf(nodes));
  const pods = await kubectl(
    'get',
    'pods',
    '-A',
    '-o',
    'jsonpath={range .items[*]}{.status.phase} {.status.containerStatuses[*].restartCount}{"\\n"}{end}',
  );
  t.deepEqual([...new Set(pods.stdout.trim().split('\n'))], ['Running 0'], pods.stdout);
});

test.serial('status is 0 with every condition met', async (t) => {
  const status = await gocli(['status', '--name', NAME, '-o', 'json']);
  t.is(status.exitCode, 0, outputOf(status));
  const { conditions } = JSON.parse(status.stdout) as { conditions: Condition[] };
  t.true(conditions.length >= 8);
  t.deepEqual(
    conditions.filter(({ met }) => !met),
    [],
  );
});

test.serial('kubectl top nodes answers', async (t) => {
  const top = await kubectl('top', 'nodes', '--no-headers');
  t.is(top.exitCode, 0, outputOf(top));
  t.regex(top.stdout, /^node01\s+\d+m/);
});

test.serial(
  'a pod keeps data on a volume of the default storage class and finds services by name',
  async (t) => {
    const applied = await gocli(['kubectl', '--name', NAME, 'apply', '-f', '-'], {
      input: await fixture('storage-pod.yaml'),
    });
    t.is(applied.exitCode, 0, outputOf(applied));
    const ready = await kubectl('wait', '--for=condition=Ready', 'pod/keeper', '--timeout=180s');
    t.is(ready.exitCode, 0, outputOf(ready));
    const read = await kubectl(
      'exec',
      'keeper',
      '--',
      'sh',
      '-c',
      'cat /data/kept && nslookup kubernetes.default.svc.cluster.local',
    );
    t.is(read.exitCode, 0, outputOf(read));
    t.regex(read.stdout, /written at start[\s\S]*10\.96\.0\.1/);
  },
);

test.serial('an image pushed to the registry is pulled by the node', async (t) => {
  const port = (await gocli(['ports', '--name', NAME, 'registry'])).stdout.trim();
  t.regex(port, /^\d+$/);
  const image = `127.0.0.1:${port}/try/hello:1`;
  const made = await command(['docker', 'import', '-', image], { input: await emptyTar() });
  t.is(made.exitCode, 0, outputOf(made));
  t.teardown(() => command(['docker', 'rmi', image]));
  const pushed = await command(['docker', 'push', image]);
  t.is(pushed.exitCode, 0, outputOf(pushed));
  const pulled = await onNode('crictl pull registry:5000/try/hello:1');
  t.is(pulled.exitCode, 0, outputOf(pulled));
  const asOnHost = await onNode(`crictl pull localhost:${port}/try/hello:1`);
  t.is(asOnHost.exitCode, 0, outputOf(asOnHost));
});

interface Loaded {
  readonly sent: number;
  readonly blobs: number;
  readonly images: readonly { readonly name: string; readonly nodes: readonly string[] }[];
}

test.serial('what is built is loaded and runs without a pull, also when it is built again', async (t) => {
  const image = 'gocli-e2e-load:1';
  const folder = await mkdtemp(join(tmpdir(), 'gocli-e2e-'));
  t.teardown(() => rm(folder, { recursive: true }));
  t.teardown(() => command(['docker', 'rmi', '-f', image]));
  const copied = await gocli(['scp', '--name', NAME, 'node01:/usr/bin/busybox', join(folder, 'busybox')]);
  t.is(copied.exitCode, 0, outputOf(copied));
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY busybox /\nCOPY content /\n');
  const buildAndLoad = async (content: string): Promise<Loaded> => {
    await writeFile(join(folder, 'content'), content);
    const built = await command(['docker', 'build', '-q', '-t', image, folder]);
    t.is(built.exitCode, 0, outputOf(built));
    const loaded = await gocli(['load', '--name', NAME, image, '-o', 'json']);
    t.is(loaded.exitCode, 0, outputOf(loaded));
    return JSON.parse(loaded.stdout) as Loaded;
  };
  const printed = async (pod: string): Promise<string> => {
    const shell = { name: 'c', image, imagePullPolicy: 'Never', command: ['/busybox', 'cat', '/content'] };
    const spec = { restartPolicy: 'Never', containers: [shell] };
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: pod }, spec });
    const applied = await gocli(['kubectl', '--name', NAME, 'apply', '-f', '-'], { input });
    t.is(applied.exitCode, 0, outputOf(applied));
    const done = await kubectl(
      'wait',
      '--for=jsonpath={.status.phase}=Succeeded',
      `pod/${pod}`,
      '--timeout=180s',
    );
    t.is(done.exitCode, 0, outputOf(done));
    return (await kubectl('logs', pod)).stdout;
  };
  const first = await buildAndLoad('first');
  t.deepEqual(first.images[0]?.nodes, ['node01']);
  t.is(await printed('loaded-first'), 'first');
  const second = await buildAndLoad('second');
  t.deepEqual([second.sent, second.blobs], [2, 3], 'a layer and the configuration, but not the program');
  t.is(await printed('loaded-second'), 'second');
  const again = await gocli(['load', '--name', NAME, image]);
  t.regex(
    again.stdout,
    /^Unchanged: docker\.io\/library\/gocli-e2e-load:1\n.*no layer was new/,
    outputOf(again),
  );
  const hosting = await kubectl('get', '-n', 'kube-public', 'configmap/local-registry-hosting', '-o', 'yaml');
  t.regex(hosting.stdout, /host: "localhost:\d+"/, outputOf(hosting));
});

test.serial('ssh hands on exit codes, standard input and bytes', async (t) => {
  t.is((await onNode('exit 7')).exitCode, 7);
  t.is((await onNode('hostname')).stdout, 'node01\n');
  t.is((await onNode('wc -c', 'x'.repeat(100_000))).stdout.trim(), '100000');
  t.is((await gocli(['ssh', '--name', NAME, 'node02', '--', 'true'])).exitCode, 4);
  const wrapper = await command([`${CHECKOUT}cluster-up/ssh.sh`, 'node01', '--', 'exit 3'], {
    env: { KUBEVIRT_PROVIDER: NAME },
  });
  t.is(wrapper.exitCode, 3, outputOf(wrapper));
});

test.serial('scripts of kubevirtci find sudo, and the user that they log in as', async (t) => {
  const nodes = 'sudo kubectl --kubeconfig=/etc/kubernetes/admin.conf get nodes -o name';
  t.is((await onNode(nodes)).stdout, 'node/node01\n');
  const asUser = await gocli(['ssh', '--name', NAME, 'cloud-user@node01', '--', `whoami; ${nodes}`]);
  t.is(asUser.stdout, 'cloud-user\nnode/node01\n', outputOf(asUser));
});

test.serial('scp copies files and folders both ways', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-e2e-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'one'), 'first\n', { mode: 0o600 });
  const there = await gocli(['scp', '--name', NAME, folder, 'node01:/root/copied']);
  t.is(there.exitCode, 0, outputOf(there));
  t.is((await onNode('cat /root/copied/one && stat -c %a /root/copied/one')).stdout, 'first\n600\n');
  const back = await gocli(['scp', '--name', NAME, 'node01:/root/copied/one', '-']);
  t.is(back.stdout, 'first\n', outputOf(back));
  t.is((await gocli(['scp', '--name', NAME, 'node01:/no/such', folder])).exitCode === 0, false);
});

test.serial('the guest knows the names of its network', async (t) => {
  const names = await onNode('getent hosts node01 registry');
  t.regex(names.stdout, /192\.168\.66\.101\s+node01[\s\S]*192\.168\.66\.2\s+registry/, outputOf(names));
});

test.serial('a second run of the same plan changes nothing, one of another plan is refused', async (t) => {
  const same = await gocli(['run', PROVIDER, '--name', NAME, '-o', 'json']);
  t.is(same.exitCode, 0, outputOf(same));
  t.false((JSON.parse(same.stdout) as { started: boolean }).started);
  const other = await gocli(['run', PROVIDER, '--name', NAME, '--cpu', '1']);
  t.is(other.exitCode, 5, outputOf(other));
  t.regex(other.stderr, /vCPUs per node: 2 runs, 1 is asked for/);
});

test.serial('logs --export collects everything, without secrets', async (t) => {
  await onNode('logger "password=planted-secret" && echo "token: planted-secret" | systemd-cat -t kubelet');
  const folder = await mkdtemp(join(tmpdir(), 'gocli-e2e-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const exported = await gocli(['logs', '--name', NAME, '--export', folder]);
  t.is(exported.exitCode, 0, outputOf(exported));
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
  );
  t.true(texts.length >= 6, files.map(({ name }) => name).join(' '));
  t.false(texts.some((text) => text.includes('planted-secret')));
  t.false(texts.some((text) => /BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=]{20}/.test(text)));
});

test.serial('status of a cluster whose node died says what is missing', async (t) => {
  const killed = await command(['docker', 'kill', `${NAME}-node01`]);
  t.is(killed.exitCode, 0, outputOf(killed));
  const status = await gocli(['status', '--name', NAME]);
  t.is(status.exitCode, 8, outputOf(status));
  t.regex(status.stdout, /✗\s+container e2e-node01 runs\s+exited/);
  const again = await gocli(['run', PROVIDER, '--name', NAME]);
  t.is(again.exitCode, 8, outputOf(again));
  t.regex(again.stderr, /not Ready/);
});

async function fixture(name: string): Promise<string> {
  return readFile(`${CHECKOUT}test/fixtures/${name}`, 'utf8');
}

/** A tar archive with one file, enough for an image. */
async function emptyTar(): Promise<Uint8Array> {
  const { pack } = await import('tar-stream');
  const { buffer } = await import('node:stream/consumers');
  const archive = pack();
  archive.entry({ name: 'hello' }, 'hello\n');
  archive.finalize();
  return buffer(archive);
}
