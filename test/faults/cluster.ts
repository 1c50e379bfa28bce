import type { ExecutionContext } from 'ava';
import { gocli, outputOf, type CliResult } from '../helpers/cli.ts';
import { PROVIDER } from '../helpers/provider.ts';
import type { ClusterFault } from './fault.ts';
import { ended } from './ground.ts';
import { GUEST_PART, until } from './guest.ts';

const NAME = 'faults';

/** Brings the cluster up that the cases share, if it is not there. */
export async function startCluster(t: ExecutionContext): Promise<string> {
  ended(t, 0, await gocli(['run', PROVIDER, '--name', NAME]));
  return NAME;
}

export async function removeCluster(): Promise<void> {
  await gocli(['rm', NAME]);
}

const onNode = (name: string, script: string): Promise<CliResult> =>
  gocli(['ssh', '--name', name, 'node01', '--', script]);

async function done(t: ExecutionContext, name: string, script: string): Promise<string> {
  const result = await onNode(name, script);
  t.is(result.exitCode, 0, outputOf(result));
  return result.stdout.trim();
}

const status = (name: string) => (): Promise<CliResult> => gocli(['status', '--name', name]);
const isReady = ({ exitCode }: CliResult): boolean => exitCode === 0;

/** A thing in the guest that ends, and is brought back by hand. */
const ends = (
  id: string,
  broken: string,
  how: string,
  [breaking, mending]: readonly [string, string],
  named: RegExp,
): ClusterFault => ({
  id,
  part: GUEST_PART,
  broken,
  how,
  sees: '`status` and `run` say which condition does not hold, and what was seen last; `ssh` and `logs` work',
  exit: '8',
  left: 'the cluster, which is Ready again by itself once that is mended in it',
  run: async (t, name) => {
    await done(t, name, breaking);
    // The control plane gives a node 40 s before it says that it heard nothing of it.
    const seen = await until(t, 180, status(name), ({ exitCode }) => exitCode === 8);
    t.regex(seen.stdout, named, outputOf(seen));
    const refused = await gocli(['run', PROVIDER, '--name', name]);
    ended(t, 8, refused);
    t.notRegex(refused.stderr, /gocli rm/, outputOf(refused));
    await done(t, name, mending);
    await until(t, 300, status(name), isReady);
  },
});

const DAY = 86_400;

const clockOff = (sign: '+' | '-'): ClusterFault => ({
  id: `cluster-clock${sign}`,
  part: GUEST_PART,
  broken: 'the clock of a node',
  how: `it is set a day ${sign === '+' ? 'ahead' : 'back'}`,
  sees: 'nothing but, for some seconds, the offset that `status` shows',
  exit: '0',
  left: 'the cluster; within 30 s its clock is right by itself, at most 5 s off',
  run: async (t, name) => {
    const before = Number(await done(t, name, 'date +%s'));
    const set = `date -s @$(($(date +%s) ${sign} ${DAY.toFixed(0)})) >/dev/null; cut -d. -f1 /proc/uptime`;
    const at = Number(await done(t, name, set));
    const ask = (): Promise<CliResult> =>
      onNode(name, 'echo $(($(date +%s) - $(cut -d. -f1 /proc/uptime))); cut -d. -f1 /proc/uptime');
    const right = await until(t, 60, ask, ({ stdout }) => {
      const [boot = 0, uptime = 0] = stdout.trim().split('\n').map(Number);
      return Math.abs(boot + uptime - Date.now() / 1000) <= 5;
    });
    const [, uptime = 0] = right.stdout.trim().split('\n').map(Number);
    t.true(uptime - at <= 30, `after ${(uptime - at).toFixed(0)} s`);
    t.true(before > 0);
    await until(t, 180, status(name), isReady);
  },
});

const MANIFESTS = '/etc/kubernetes/manifests';

export const CLUSTER_FAULTS: readonly ClusterFault[] = [
  ends(
    'kubelet-dead',
    'the kubelet of a node',
    '`systemctl stop kubelet`',
    ['systemctl stop kubelet', 'systemctl start kubelet'],
    /✗ +the kubelet of node01/,
  ),
  ends(
    'api-crash-loop',
    'the API server',
    'its manifest has a flag that it does not know, so that it ends over and over',
    [
      `cp ${MANIFESTS}/kube-apiserver.yaml /root/ && sed -i 's/- kube-apiserver$/&\\n    - --no-such-flag/' ${MANIFESTS}/kube-apiserver.yaml`,
      `cp /root/kube-apiserver.yaml ${MANIFESTS}/`,
    ],
    /✗ +the API server/,
  ),
  {
    id: 'cluster-disk-full',
    part: GUEST_PART,
    broken: 'the file system of a node',
    how: 'it is filled to its last block',
    sees: 'what `status` says of the conditions; verbs go on or say what is full',
    exit: '0 or 8',
    left: 'the cluster, which is Ready again once there is room',
    run: async (t, name) => {
      await done(t, name, 'dd if=/dev/zero of=/var/fill bs=1M 2>/dev/null; df / | grep -q 100%');
      const looked = await status(name)();
      t.true(looked.exitCode === 0 || looked.exitCode === 8, outputOf(looked));
      await done(t, name, 'rm /var/fill; sync');
      await until(t, 600, status(name), isReady);
    },
  },
  clockOff('+'),
  clockOff('-'),
  {
    id: 'cluster-panic',
    part: GUEST_PART,
    broken: 'the kernel of a node',
    how: 'it panics',
    sees: '`status` says what does not answer, until it does again',
    exit: '8, then 0',
    left: 'the cluster: a node boots again by itself ten seconds after a panic, from its disk',
    run: async (t, name) => {
      const boot = (): Promise<CliResult> => onNode(name, 'cat /proc/sys/kernel/random/boot_id');
      const before = (await boot()).stdout;
      await done(t, name, '(sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &');
      await until(t, 600, boot, ({ exitCode, stdout }) => exitCode === 0 && stdout !== before);
      await until(t, 600, status(name), isReady);
    },
  },
];
