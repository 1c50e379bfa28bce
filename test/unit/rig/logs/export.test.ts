import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { kubernetesKind } from '../../../../gocli-ts/src/kubernetes/kind.ts';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { EMULATED } from '../../../helpers/engine.ts';
import test, { type ExecutionContext } from 'ava';
import { findRig } from '../../../../gocli-ts/src/rig/find.ts';
import { exportLogs } from '../../../../gocli-ts/src/rig/logs/export.ts';
import { isInside } from '../../../../gocli-ts/src/kubernetes/pod-logs.ts';
import type { LogDeps } from '../../../../gocli-ts/src/rig/logs/part.ts';
import { renderTails } from '../../../../gocli-ts/src/cli/render/log-tails.ts';
import { tailLogs } from '../../../../gocli-ts/src/rig/logs/tail.ts';
import { writeSecret, writeState } from '../../../../gocli-ts/src/rig/state.ts';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { packTree, type TreeEntry } from '../../../../gocli-ts/src/place/tree.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { MACHINE_PATH } from '../../../../gocli-ts/src/machine/spec.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { FakeSsh } from '../../../fakes/ssh.ts';

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nplanted\n-----END OPENSSH PRIVATE KEY-----\n';

interface Cluster {
  readonly docker: FakeDocker;
  readonly ssh: FakeSsh;
  readonly deps: LogDeps;
  readonly folder: string;
}

/** A cluster "c" of one node, with a secret planted wherever a log may have one. */
async function cluster(t: ExecutionContext, pods: readonly TreeEntry[] = []): Promise<Cluster> {
  const root = await mkdtemp(join(tmpdir(), 'gocli-logs-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const paths = { state: join(root, 'state'), cache: join(root, 'cache') };
  const docker = new FakeDocker();
  const image = docker.addImage('gocli/k8s-1.36:latest');
  for (const role of ['dnsmasq', 'registry', 'node01']) {
    const labels = {
      [LABEL.cluster]: 'c',
      [LABEL.role]: role,
      ...(role === 'node01' ? { [LABEL.node]: role } : {}),
    };
    const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
    const id = await docker.containers.create({ name: `c-${role}`, image: image.id, labels, ...isolated });
    await docker.containers.start(id);
    const stored = docker.containerStore.get(id);
    if (stored !== undefined) stored.log = `${role} says hello\npassword=planted`;
    stored?.files.set(MACHINE_PATH.consoleLog, Buffer.from('booting\nlogin token: planted\n'));
  }
  await writeState(paths, {
    format: 1,
    name: 'c',
    createdAt: '2030-01-01T00:00:00Z',
    run: 'r',
    accelerator: 'tcg',
    sshPublicKey: '',
    acceleratorReason: 'there is no /dev/kvm',
    cpu: EMULATED,
    plan: {
      guest: {
        provider: 'k8s-1.36',
        nodes: 1,
        cpus: 2,
        memoryMiB: 3072,
        kernelArgs: [],
        disk: true,
        kubernetes: { version: '1.36.3', podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' },
      },
      host: { name: 'c', image: 'gocli/k8s-1.36:latest', imageId: image.id, pinnedPorts: {} },
    },
    ports: { '2201/tcp': 40001, '6443/tcp': 40002 },
  });
  await writeSecret(paths, 'c', 'id_ed25519', KEY);
  const tar = await buffer(packTree(pods));
  const ssh = new FakeSsh().respond((command, _node, { stdout }) => {
    if (command.startsWith('journalctl'))
      return { stdout: `kubeadm join --token abcdef.0123456789abcdef\n${KEY}` };
    if (stdout === undefined) return { stdout: 'fine\n' };
    stdout.write(tar);
    return {};
  });
  const deps = {
    docker,
    kinds: [kubernetesKind],
    ssh,
    paths,
    signal: new AbortController().signal,
    version: '0.1.0',
  };
  return { docker, ssh, deps, folder: join(root, 'out') };
}

async function exported({ docker, deps, folder }: Cluster, partMs?: number): ReturnType<typeof exportLogs> {
  const found = await findRig(docker, deps.paths, 'c');
  if (found === undefined) throw new Error('the cluster is not found');
  return exportLogs(found, folder, deps, partMs);
}

async function allText(folder: string): Promise<string> {
  const files = (await readdir(folder, { withFileTypes: true, recursive: true })).filter((entry) =>
    entry.isFile(),
  );
  return (
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')))
  ).join('\n');
}

const POD_LOG: TreeEntry = {
  path: './kube-system_etcd-node01_1/etcd/0.log',
  mode: 0o644,
  type: 'file',
  content: Buffer.from('etcd is up\nsecret=planted\n'),
};

test('everything is there, and no planted secret', async (t) => {
  const one = await cluster(t, [POD_LOG]);
  const { files, failures } = await exported(one);
  for (const file of [
    'plan.json',
    'versions.json',
    'status.json',
    'containers/c-dnsmasq.log',
    'containers/c-node01.json',
    'nodes/node01/console.log',
    'nodes/node01/journal.log',
    'nodes/node01/kubelet.log',
    'nodes/node01/containerd.log',
    'nodes/node01/pods/kube-system_etcd-node01_1/etcd/0.log',
  ]) {
    t.true(files.includes(file), file);
  }
  t.deepEqual(
    failures.map((line) => line.split(':')[0]),
    [
      'kubernetes/nodes.json',
      'kubernetes/pods.json',
      'kubernetes/events.json',
      'kubernetes/deployments.json',
    ],
  );
  const text = await allText(one.folder);
  t.notRegex(text, /planted|abcdef\.0123456789abcdef/);
  t.regex(text, /etcd is up/);
  t.regex(text, /dnsmasq says hello/);
  t.is((await stat(one.folder)).mode & 0o777, 0o700);
  t.is(one.ssh.open, 0);
});

test('a node that cannot be reached costs its own files only', async (t) => {
  const one = await cluster(t);
  one.ssh.refusals = 100;
  const { files, failures } = await exported(one);
  t.true(files.includes('nodes/node01/console.log'));
  t.true(files.includes('containers/c-dnsmasq.log'));
  t.false(files.includes('nodes/node01/journal.log'));
  t.true(failures.some((line) => /^nodes\/node01\/journal\.log: .*refused/.test(line)));
  t.deepEqual((await readFile(join(one.folder, 'errors.txt'), 'utf8')).trimEnd().split('\n'), failures);
});

test('a part that does not answer ends at its time', async (t) => {
  const one = await cluster(t);
  // The timer stands for the open connection to a daemon that does not answer.
  const open = setInterval(() => undefined, 1000);
  t.teardown(() => {
    clearInterval(open);
  });
  one.docker.containers.logs = () => new Promise(() => undefined);
  const { failures, files } = await exported(one, 200);
  t.true(failures.includes('containers/c-dnsmasq.log: no answer within 0.2 s'));
  t.true(files.includes('plan.json'));
});

test('without state, what Docker has is exported', async (t) => {
  const one = await cluster(t);
  await rm(one.deps.paths.state, { recursive: true });
  const { files } = await exported(one);
  t.true(files.includes('containers/c-node01.log'));
});

test('an interrupted export says so', async (t) => {
  const one = await cluster(t);
  const signal = AbortSignal.abort(new GocliError('INTERRUPTED', 'interrupted by SIGINT'));
  const error = await t.throwsAsync(exported({ ...one, deps: { ...one.deps, signal } }), {
    instanceOf: GocliError,
  });
  t.is(error.code, 'INTERRUPTED');
});

test('names that a guest gives do not lead out of the folder', async (t) => {
  t.true(isInside('a/b..c/0.log'));
  for (const path of ['', '/etc/passwd', '../x', 'a/../../x']) t.false(isInside(path), path);
  const one = await cluster(t, [{ ...POD_LOG, path: '../../../../escaped.log' }]);
  const { files } = await exported(one);
  t.false(files.some((file) => file.includes('escaped')));
});

test('the tails of all containers, or of one node, secrets masked', async (t) => {
  const { docker, deps } = await cluster(t);
  const found = await findRig(docker, deps.paths, 'c');
  if (found === undefined) throw new Error('the cluster is not found');
  const all = await tailLogs(found, undefined, 5, deps);
  t.deepEqual(
    all.map(({ source }) => source),
    ['c-dnsmasq', 'c-registry', 'c-node01', 'c-node01 console'],
  );
  const one = await tailLogs(found, 'node01', 1, deps);
  t.is(
    renderTails(one),
    '==> c-node01 <==\npassword=(masked)\n\n==> c-node01 console <==\nlogin token: (masked)\n',
  );
  const error = await t.throwsAsync(tailLogs(found, 'node07', 1, deps), { instanceOf: GocliError });
  t.is(error.code, 'NOT_FOUND');
});

test('a folder that cannot be made is named', async (t) => {
  const one = { ...(await cluster(t, [])), folder: '/dev/null/logs' };
  await t.throwsAsync(exported(one), {
    code: 'FILE',
    message: /^\/dev\/null\/logs cannot be created: /,
  });
});
