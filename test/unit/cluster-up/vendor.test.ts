import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { parse } from 'yaml';
import { vendor } from '../../../gocli-ts/src/api/vendor.ts';
import { CHECKOUT } from '../../helpers/cli.ts';
import { makeConsole } from '../../helpers/console.ts';

const VERSION = '1.2.3';

/** Variables that kubevirtci's hack/common.sh gives a default, beside those that gocli acts on. */
const DEFAULTS_OF_KUBEVIRTCI =
  `KUBEVIRT_NUM_NUMA_NODES KUBEVIRT_NUM_SECONDARY_NICS KUBEVIRT_SECONDARY_NIC_BRIDGES
  KUBEVIRT_DEPLOY_ISTIO KUBEVIRT_PSA KUBEVIRT_SINGLE_STACK KUBEVIRT_FLANNEL KUBEVIRT_NO_ETCD_FSYNC
  KUBEVIRT_ENABLE_AUDIT KUBEVIRT_DEPLOY_NFS_CSI KUBEVIRT_DEPLOY_PROMETHEUS KUBEVIRT_DEPLOY_PROMETHEUS_ALERTMANAGER
  KUBEVIRT_DEPLOY_GRAFANA KUBEVIRT_CGROUPV2 KUBEVIRT_WITH_SRIOV KUBEVIRT_USE_DRA KUBEVIRT_USE_FAKE_VFIO
  KUBEVIRT_DEPLOY_CDI KUBEVIRT_CUSTOM_CDI_VERSION KUBEVIRT_DEPLOY_AAQ KUBEVIRT_CUSTOM_AAQ_VERSION KUBEVIRT_SWAP_ON
  KUBEVIRT_SWAP_BEHAVIOR KUBEVIRT_KSM_ON KUBVIRT_WITH_CNAO_SKIP_CONFIG`.split(/\s+/);

/** What stands for the installed command: it says what it was asked. */
const GOCLI = `#!/usr/bin/env bash
case "$1" in
  version) echo "\${INSTALLED:-${VERSION}}" ;;
  ports) echo 40000 ;;
  *) printf 'gocli'; printf ' <%s>' "$@"; echo ;;
esac
`;

interface Consumer {
  readonly root: string;
  /** @param checkout where the scripts come from */
  readonly write: (checkout?: string) => ReturnType<typeof vendor>;
  readonly run: (
    argv: readonly string[],
    env?: Record<string, string>,
  ) => Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>;
}

/** An empty repository, and an installed gocli. */
async function consumer(t: ExecutionContext): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, 'their repository');
  const bin = join(folder, 'bin');
  await mkdir(root);
  await mkdir(bin);
  await writeFile(join(bin, 'gocli'), GOCLI, { mode: 0o755 });
  const { context } = await makeConsole(t);
  const place = { ...context, cwd: root, version: VERSION };
  const path = [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(':');
  return {
    root,
    write: (checkout = CHECKOUT) => vendor({ folder: '.' }, { ...place, checkout }),
    run: async ([file = '', ...argv], env = {}) => {
      const surroundings = { PATH: path, HOME: folder, DOCKER_HOST: 'tcp://nowhere', ...env };
      const { exitCode, stdout, stderr } = await execa(file, argv, {
        cwd: root,
        env: surroundings,
        extendEnv: false,
        stdin: 'ignore',
        reject: false,
      });
      return { exitCode, stdout, stderr };
    },
  };
}

test('make cluster-up and the scripts run the installed gocli, from a repository that has nothing else', async (t) => {
  const { root, write, run } = await consumer(t);
  const { hasTargets } = await write();
  t.true(hasTargets);
  const up = await run(['make', 'cluster-up']);
  t.is(up.exitCode, 0, up.stderr);
  const folder = join(root, '_ci-configs', 'k8s-1.36');
  t.regex(up.stdout, /gocli <run> <k8s-1.36> <--from-environment> <--ci-config> <[^>]*>$/m);
  t.true(up.stdout.includes(`<${folder}>`), up.stdout);
  const ssh = await run(['cluster-up/ssh.sh', 'node01', '--', 'sudo', 'true']);
  t.is(ssh.stdout, 'gocli <ssh> <--name> <k8s-1.36> <node01> <--> <sudo> <true>');
  const down = await run(['make', 'cluster-down']);
  t.true(down.stdout.includes('gocli <rm> <--name=k8s-1.36>'), down.stdout);
});

test('a careful user in production can have them written, and they run', async (t) => {
  const { root, run } = await consumer(t);
  const bin = join(CHECKOUT, 'gocli-ts/bin/gocli.js');
  const strict = ['bash', '-c', 'umask 077; exec "$@"', 'bash'];
  const env = {
    NODE_ENV: 'production',
    CDPATH: '/usr:.',
    INSTALLED: (await run([bin, 'version', '-o', 'name'])).stdout,
  };
  const written = await run([...strict, process.execPath, bin, 'vendor', '.'], env);
  t.is(written.exitCode, 0, written.stderr);
  const described = await run([bin, 'vendor', '.', '-o', 'json'], env);
  t.like(JSON.parse(described.stdout), { version: 1, gocliVersion: env.INSTALLED, hasTargets: true });
  t.is((await stat(join(root, 'cluster-up/up.sh'))).mode & 0o777, 0o755);
  t.is((await stat(join(root, 'cluster-up/gocli-version'))).mode & 0o777, 0o644);
  const up = await run([...strict, 'make', 'cluster-up'], env);
  t.is(up.exitCode, 0, up.stderr);
  t.regex(up.stdout, /gocli <run> <k8s-1\.36>/);
  const sourced = '. cluster-up/hack/common.sh && $_kubectl get nodes';
  t.regex((await run([...strict, 'bash', '-eu', '-c', sourced], env)).stdout, /<get> <nodes>/);
});

test('scripts of consumers find names, places and prefixes', async (t) => {
  const { root, write, run } = await consumer(t);
  await write();
  const config = join(root, '_ci-configs', 'k8s-1.36');
  await mkdir(config, { recursive: true });
  await writeFile(
    join(config, 'config-provider-k8s-1.36.sh'),
    'master_ip=127.0.0.1\ndocker_prefix=${DOCKER_PREFIX:-localhost:40000/kubevirt}\nmanifest_docker_prefix=registry:5000/kubevirt\n',
  );
  const script = `set -euo pipefail
source cluster-up/hack/common.sh
source "\${KUBEVIRTCI_CLUSTER_PATH}/$KUBEVIRT_PROVIDER/provider.sh"
source "\${KUBEVIRTCI_PATH}hack/config.sh"
echo "$docker_prefix/virt-api $manifest_docker_prefix $master_ip"
"$_cli" --prefix "$provider_prefix" ssh node01 -- sudo ls
_port registry
_kubectl get nodes
echo "$KUBEVIRT_NUM_NODES $KUBEVIRT_DEPLOY_CDI"
env | grep ^KUBEVIRT_NUM || true
`;
  const { exitCode, stdout, stderr } = await run(['bash', '-c', script]);
  t.is(exitCode, 0, stderr);
  t.deepEqual(stdout.split('\n'), [
    'localhost:40000/kubevirt/virt-api registry:5000/kubevirt 127.0.0.1',
    'gocli <--prefix> <k8s-1.36> <ssh> <node01> <--> <sudo> <ls>',
    '40000',
    'gocli <kubectl> <--name> <k8s-1.36> <--> <get> <nodes>',
    '1 false',
  ]);
});

test('scripts of consumers use commands without quotes, whatever the path, and read every variable', async (t) => {
  const { write, run } = await consumer(t);
  await write();
  const names = [...DEFAULTS_OF_KUBEVIRTCI, 'KUBEVIRTCI_CONFIG_PATH', 'job_prefix', 'provider_prefix'];
  const script = `set -euo pipefail
source cluster-up/hack/common.sh
\${_cli} --prefix $provider_prefix ssh node01 -- sudo ls
\$_kubectl get nodes
for name in ${names.join(' ')}; do : "\${!name}"; done
`;
  const { exitCode, stdout, stderr } = await run(['bash', '-c', script]);
  t.is(exitCode, 0, stderr);
  t.deepEqual(stdout.split('\n'), [
    'gocli <--prefix> <k8s-1.36> <ssh> <node01> <--> <sudo> <ls>',
    'gocli <kubectl> <--name> <k8s-1.36> <--> <get> <nodes>',
  ]);
});

test('what a script sets before it starts a cluster counts, exported or not; what is defaulted does not', async (t) => {
  const { write, run } = await consumer(t);
  await write();
  const script = (before: string, after: string): string => `set -euo pipefail; ${before}
    source cluster-up/hack/common.sh; source cluster-up/cluster/$KUBEVIRT_PROVIDER/provider.sh
    gocli() { env | grep -E '^KUBEVIRT_(NUM|MEM)' | sort || :; }
    ${after}; up; [[ -z "$(env | grep KUBEVIRT_NUM_NODES)" ]]`;
  const told = async (before: string, after: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(['bash', '-c', script(before, after)]);
    t.is(exitCode, 0, stderr);
    return stdout;
  };
  t.is(await told('', ':'), '');
  t.is(
    await told('readonly KUBEVIRT_NUM_VCPU=4; declare -a KUBEVIRT_LIST; KUBEVIRT_MEMORY_SIZE="a b"', ':'),
    'KUBEVIRT_MEMORY_SIZE=a b\nKUBEVIRT_NUM_VCPU=4',
  );
  t.is(
    await told('KUBEVIRT_NUM_NODES=3', 'KUBEVIRT_MEMORY_SIZE=8192M'),
    'KUBEVIRT_MEMORY_SIZE=8192M\nKUBEVIRT_NUM_NODES=3',
  );
});

test('up, down and _port mean the same cluster, whatever a script changes in between', async (t) => {
  const { write, run } = await consumer(t);
  await write();
  const said = async (changes: string, env: Record<string, string> = {}): Promise<string[]> => {
    const script = `set -euo pipefail; source cluster-up/hack/common.sh
      source cluster-up/cluster/$KUBEVIRT_PROVIDER/provider.sh
      gocli() { echo "\${GOCLI_CLUSTER:-} $*" | sed 's/ --from.*//'; }
      ${changes}; up; down; _port ssh`;
    return (await run(['bash', '-c', script], env)).stdout.split('\n');
  };
  const [provider, other, mine] = ['k8s-1.36', 'k8s-1.35', 'mine'];
  t.deepEqual(await said(':'), [
    ` run ${provider}`,
    ` rm --name=${provider}`,
    ` ports --name=${provider} ssh`,
  ]);
  t.deepEqual(await said(':', { KUBEVIRT_PROVIDER: provider }), [
    ` run ${provider}`,
    `${provider} rm --name=${provider}`,
    `${provider} ports --name=${provider} ssh`,
  ]);
  t.deepEqual((await said(`KUBEVIRT_PROVIDER=${other}`, { KUBEVIRT_PROVIDER: provider })).slice(0, 2), [
    ` run ${other}`,
    `${provider} rm --name=${other}`,
  ]);
  t.is((await said(`export GOCLI_CLUSTER=${mine}`))[0], `${mine} run ${provider}`);
  const job = await said(`KUBEVIRT_PROVIDER=${other}`, { JOB_NAME: 'job' });
  t.deepEqual(job.slice(0, 2), [`job run ${other}`, 'job rm --name=job']);
});

test('names of the script that sources stay its own', async (t) => {
  const { write, run } = await consumer(t);
  await write();
  const script = `variable=mine; name=mine; value=mine; installed() { echo mine; }; job_name() { echo mine; }
    source cluster-up/hack/common.sh; echo "$variable $name $value $(installed) $(job_name)"`;
  t.is((await run(['bash', '-c', script])).stdout, 'mine mine mine mine mine');
});

test('another shell is told what these scripts are for', async (t) => {
  const { write, run } = await consumer(t);
  await write();
  const { exitCode, stderr } = await run(['sh', '-c', '. cluster-up/hack/common.sh']);
  t.is(exitCode, 3);
  t.regex(stderr, /^the scripts of cluster-up are for bash/);
});

test('a relative path to the scripts, and a place that cannot be written, are no reason to end', async (t) => {
  const { root, write, run } = await consumer(t);
  await write();
  const script = 'set -e; source cluster-up/hack/common.sh; cd /; ls "$KUBEVIRTCI_PATH/cli.sh"';
  const env = { KUBEVIRTCI_PATH: './cluster-up/', KUBEVIRTCI_CONFIG_PATH: '/proc/no/such' };
  const { exitCode, stdout, stderr } = await run(['bash', '-c', script], env);
  t.is(exitCode, 0, stderr);
  t.is(stdout, join(root, './cluster-up/cli.sh').replace('/cluster-up', '/./cluster-up/'));
  t.regex(stderr, /^warning: \/proc\/no\/such\/.* KUBEVIRTCI_CONFIG_PATH\n?$/);
});

test('what package.json of the repository says of its own scripts is not of these', async (t) => {
  const { root, write, run } = await consumer(t);
  await write();
  for (const type of ['commonjs', 'module', undefined]) {
    await writeFile(join(root, 'package.json'), JSON.stringify({ type }));
    const { exitCode, stderr } = await run(['make', 'cluster-up']);
    t.is(exitCode, 0, stderr);
    t.is(stderr, '', type);
  }
});

test('what a developer keeps beside the scripts is not written into other repositories', async (t) => {
  const { root, write } = await consumer(t);
  const checkout = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(checkout, { recursive: true, force: true }));
  await cp(join(CHECKOUT, 'cluster-up'), join(checkout, 'cluster-up'), { recursive: true });
  for (const name of ['hack/config-local.sh', 'up.sh~', '.up.sh.swp', 'up.sh.orig'])
    await writeFile(join(checkout, 'cluster-up', name), 'private\n');
  await write(checkout);
  await writeFile(join(root, 'cluster-up/hack/config-local.sh'), 'of the repository\n');
  await write(checkout);
  t.is(await readFile(join(root, 'cluster-up/hack/config-local.sh'), 'utf8'), 'of the repository\n');
  const names = await readdir(join(root, 'cluster-up'));
  t.deepEqual(
    names.filter((name) => /~|swp|orig/.test(name)),
    [],
  );
});

test('what was changed by hand is named when it is replaced', async (t) => {
  const { root, write } = await consumer(t);
  t.deepEqual((await write()).replaced, []);
  t.deepEqual((await write()).replaced, []);
  await writeFile(join(root, 'cluster-up/hack/config.sh'), '# mine\n');
  t.deepEqual((await write()).replaced, ['hack/config.sh']);
});

test('a link to a folder of another name is refused, since the scripts would not find each other', async (t) => {
  const { root, write } = await consumer(t);
  await mkdir(join(root, 'other'));
  await symlink('other', join(root, 'cluster-up'));
  await t.throwsAsync(write(), { code: 'CONFLICT', message: /of another name/ });
  t.deepEqual(await readdir(join(root, 'other')), []);
});

test('an include that make does not follow does not count', async (t) => {
  const { root, write } = await consumer(t);
  const hasTargets = async (text: string): Promise<boolean> => {
    await writeFile(join(root, 'Makefile'), text);
    return (await write()).hasTargets;
  };
  t.false(await hasTargets('# include cluster-up/gocli.mk\n'));
  t.false(await hasTargets('all:\n\techo include cluster-up/gocli.mk\n'));
  t.true(await hasTargets('-include a.mk ./cluster-up/gocli.mk # ours\n'));
  t.true(await hasTargets('all:\ninclude cluster-up/gocli.mk'));
  t.true(await hasTargets('include $(TOP)/cluster-up/gocli.mk other.mk'));
  t.false(await hasTargets('include\ncluster-up/gocli.mk'));
  t.false(await hasTargets('include mycluster-up/gocli.mk'));
  t.false(await hasTargets('include other.mk # cluster-up/gocli.mk'));
  await rm(join(root, 'Makefile'));
  await mkdir(join(root, 'Makefile'));
  t.false((await write()).hasTargets);
});

test('sizes that scripts read are those of the provider', async (t) => {
  const { write, run } = await consumer(t);
  await write();
  const words = '"$KUBEVIRT_NUM_NODES" "$KUBEVIRT_NUM_VCPU" "$KUBEVIRT_MEMORY_SIZE"';
  const { stdout } = await run(['bash', '-c', `source cluster-up/hack/common.sh; printf '%s ' ${words}`]);
  const file = await readFile(join(CHECKOUT, 'cluster-provision/k8s/1.36/provider.yaml'), 'utf8');
  const { defaults } = parse(file) as { defaults: { nodes: number; cpus: number; memory: string } };
  t.is(stdout.trim(), `${String(defaults.nodes)} ${String(defaults.cpus)} ${defaults.memory}`);
});

test('another version of gocli, or none, is said with what to do', async (t) => {
  const { write, run } = await consumer(t);
  await write();
  const other = await run(['cluster-up/up.sh'], { INSTALLED: '9.9.9' });
  t.is(other.exitCode, 3);
  t.regex(other.stderr, /gocli 9\.9\.9 is installed, .* was written by 1\.2\.3/);
  const none = await run(['cluster-up/ssh.sh', 'node01'], {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  });
  t.is(none.exitCode, 3, none.stderr);
  t.regex(none.stderr, /gocli is not on PATH; install version 1\.2\.3/);
});

test('files of an earlier version are replaced, those of the repository stay', async (t) => {
  const { root, write } = await consumer(t);
  await writeFile(join(root, 'Makefile'), 'all:\n');
  t.false((await write()).hasTargets);
  t.is(await readFile(join(root, 'Makefile'), 'utf8'), 'all:\n');
  const script = join(root, 'cluster-up', 'up.sh');
  await writeFile(script, 'old');
  await chmod(script, 0o600);
  await writeFile(join(root, 'cluster-up', 'own.sh'), 'own');
  await writeFile(join(root, 'Makefile'), 'include cluster-up/gocli.mk\n');
  t.true((await write()).hasTargets);
  t.is(await readFile(script, 'utf8'), await readFile(join(CHECKOUT, 'cluster-up/up.sh'), 'utf8'));
  t.is((await stat(script)).mode & 0o777, 0o755);
  t.is(await readFile(join(root, 'cluster-up', 'own.sh'), 'utf8'), 'own');
});

test('the Makefile that make reads is the one that counts, whatever its name; a link is not replaced', async (t) => {
  for (const name of ['GNUmakefile', 'makefile', 'Makefile']) {
    const { root, write } = await consumer(t);
    await writeFile(join(root, name), 'all:\n');
    t.false((await write()).hasTargets, name);
    t.is((await readdir(root)).filter((one) => /makefile/i.test(one)).join(), name);
    await writeFile(join(root, name), 'include cluster-up/gocli.mk\n');
    t.true((await write()).hasTargets, name);
  }
  const { root, write } = await consumer(t);
  await symlink('not/yet', join(root, 'Makefile'));
  t.false((await write()).hasTargets);
  t.is(await readlink(join(root, 'Makefile')), 'not/yet');
});

test('one that failed half way says so when it is used, and can be repeated', async (t) => {
  const { root, write, run } = await consumer(t);
  const scripts = join(root, '..', 'odd', 'cluster-up');
  await mkdir(join(scripts, 'lib'), { recursive: true });
  // No temporary file beside the second one can have a longer name.
  for (const name of ['up.sh', `lib/${'a'.repeat(255)}`]) await writeFile(join(scripts, name), '');
  await t.throwsAsync(write(dirname(scripts)), { code: 'FILE' });
  await write();
  await writeFile(join(root, 'cluster-up', 'gocli-version'), 'unfinished\n');
  const up = await run(['make', 'cluster-up']);
  t.not(up.exitCode, 0);
  t.regex(up.stderr, /repeat it: gocli vendor /);
  await write();
  t.is((await run(['make', 'cluster-up'])).exitCode, 0);
});

test('a cluster-up that gocli did not write is left alone', async (t) => {
  const { root, write } = await consumer(t);
  await mkdir(join(root, 'cluster-up'));
  await writeFile(join(root, 'cluster-up', 'up.sh'), 'theirs');
  await t.throwsAsync(write(), { message: /is there, and gocli did not write it/ });
  t.is(await readFile(join(root, 'cluster-up', 'up.sh'), 'utf8'), 'theirs');
});
