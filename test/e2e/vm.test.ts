import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CHECKOUT, gocli, outputOf, type CliResult } from '../helpers/cli.ts';

const PROVIDER = 'vm-debian-13';
const RIGS = ['e2e-vm-01', 'e2e-vm-02'] as const;
const [FIRST] = RIGS;
const OWN = 'e2e-vm-own';

function ended(t: ExecutionContext, code: number, result: CliResult): void {
  t.is(result.exitCode, code, outputOf(result));
}

const on = (rig: string, command: string): Promise<CliResult> =>
  gocli(['ssh', '--name', rig, 'node01', '--', command]);

/** What distinguishes a machine, a line each; random numbers come last. */
const IDENTITY = [
  'hostname',
  'cat /etc/machine-id',
  'cat /etc/ssh/ssh_host_ed25519_key.pub',
  'cat /sys/class/net/eth0/address',
  'sudo cat /var/lib/cloud/seed/nocloud/meta-data | head -n 1',
  'head -c 16 /dev/urandom | base64',
];

async function identityOf(t: ExecutionContext, rig: string): Promise<string[]> {
  const result = await on(rig, IDENTITY.join('; '));
  ended(t, 0, result);
  return result.stdout.trimEnd().split('\n');
}

test.before('the provider is there', async (t) => {
  t.timeout(30 * 60_000);
  ended(t, 0, await gocli(['provision', join(CHECKOUT, 'cluster-provision', 'vm', 'debian-13')]));
});

test.after.always('nothing stays', async () => {
  for (const name of [...RIGS, OWN]) await gocli(['rm', '--name', name]);
});

test.serial('clones of one template are thawed side by side, and no two are the same machine', async (t) => {
  t.timeout(15 * 60_000);
  const result = await gocli(['run', PROVIDER, '--name', 'e2e-vm', '--count', '2', '-o', 'json']);
  ended(t, 0, result);
  const { rigs } = JSON.parse(result.stdout) as { rigs: { name: string; template: string | null }[] };
  t.deepEqual(
    rigs.map(({ name }) => name),
    [...RIGS],
  );
  t.is(new Set(rigs.map(({ template }) => template)).size, 1);
  const machines = await Promise.all(RIGS.map((rig) => identityOf(t, rig)));
  t.deepEqual(
    machines.map(([hostName]) => hostName),
    [...RIGS],
  );
  for (const at of IDENTITY.keys())
    t.is(new Set(machines.map((machine) => machine[at])).size, RIGS.length, IDENTITY[at]);
});

test.serial('one is its user there, root by sudo, and learns that there is no Kubernetes', async (t) => {
  t.timeout(5 * 60_000);
  const who = await on(FIRST, 'whoami; sudo whoami; ip -4 -o address show eth0');
  ended(t, 0, who);
  t.regex(who.stdout, /^debian\nroot\n.*192\.168\.66\.101\//);
  for (const words of [['kubectl', 'get', 'nodes'], ['kubeconfig'], ['images', 'ls']]) {
    const [verb = '', ...rest] = words;
    const refused = await gocli([verb, '--name', FIRST, ...rest]);
    ended(t, 2, refused);
    t.regex(refused.stderr, /has no Kubernetes/);
  }
  ended(t, 0, await gocli(['status', '--name', FIRST]));
});

test.serial('cloud-init does what is asked of one clone, which goes when its time is over', async (t) => {
  t.timeout(10 * 60_000);
  const folder = await mkdtemp(join(tmpdir(), 'gocli-e2e-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'user-data');
  const start = (): Promise<CliResult> =>
    gocli(['run', PROVIDER, '--name', OWN, '--user-data', file, '--ttl', '1s']);
  await writeFile(file, '#cloud-config\nruncmd: touch\n');
  const refused = await start();
  ended(t, 2, refused);
  t.regex(refused.stderr, /user-data:2:9: "runcmd": it has to be a list/);
  await writeFile(file, '#cloud-config\nruncmd: [touch /var/ran]\n');
  ended(t, 0, await start());
  ended(t, 0, await on(OWN, 'test -e /var/ran'));
  // Its second began when cloud-init had ended.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  t.regex((await gocli(['ls'])).stdout, new RegExp(`^${OWN} .*over since`, 'm'));
  const collected = await gocli(['gc']);
  ended(t, 0, collected);
  t.regex(collected.stdout, new RegExp(`Removed cluster ${OWN}, whose time was over`));
});

test.serial('snapshot, stop and start leave the machine what it is', async (t) => {
  t.timeout(10 * 60_000);
  const before = (await identityOf(t, FIRST)).slice(0, -1);
  ended(t, 0, await gocli(['snapshot', 'create', 'e2e-vm-clean', '--name', FIRST]));
  ended(t, 0, await on(FIRST, 'touch later'));
  ended(t, 0, await gocli(['stop', FIRST]));
  ended(t, 0, await gocli(['start', FIRST]));
  ended(t, 0, await on(FIRST, 'test -e later'));
  ended(t, 0, await gocli(['snapshot', 'restore', 'e2e-vm-clean', '--name', FIRST]));
  ended(t, 1, await on(FIRST, 'test -e later'));
  t.deepEqual((await identityOf(t, FIRST)).slice(0, -1), before);
  ended(t, 0, await gocli(['snapshot', 'rm', 'e2e-vm-clean', '--name', FIRST]));
  ended(t, 0, await gocli(['rm', '--name', FIRST]));
});
