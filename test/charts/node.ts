import type { ExecutionContext } from 'ava';
import { until, type Deployed } from './deployed.ts';

const DENY_WRITE = `#include <tunables/global>
profile charts-deny-write flags=(attach_disconnected) {
  #include <abstractions/base>
  file,
  deny /data/** w,
}`;

/** What root with CAP_SYS_ADMIN may do in three profiles; one of them is loaded into the node now. */
export async function apparmor(t: ExecutionContext, { said, onNode }: Deployed): Promise<void> {
  await onNode(`apparmor_parser --replace <<'END'\n${DENY_WRITE}\nEND`);
  t.deepEqual(await said('profiles', 'default', 'none', 'own'), [
    ['cri-containerd.apparmor.d (enforce)', 'mounts nothing', 'writes'],
    ['unconfined', 'mounts', 'writes'],
    ['charts-deny-write (enforce)', 'mounts nothing', 'writes nothing'],
  ]);
}

const NO_MKDIR = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
};

/** What a program may ask of the kernel under three filters; one of them lies on the node from now on. */
export async function seccomp(t: ExecutionContext, { said, onNode }: Deployed): Promise<void> {
  const folder = '/var/lib/kubelet/seccomp/charts';
  await onNode(`mkdir -p ${folder}\necho '${JSON.stringify(NO_MKDIR)}' >${folder}/no-mkdir.json`);
  t.deepEqual(await said('filters', 'default', 'none', 'own'), [
    ['mode 2', 'unshares nothing', 'makes a folder'],
    ['mode 0', 'unshares', 'makes a folder'],
    ['mode 2', 'unshares', 'makes no folder'],
  ]);
}

/** Who the pod's process is, seen from inside and from the node, and whose its files are. */
export async function userNamespaces(t: ExecutionContext, deployed: Deployed): Promise<void> {
  const { kubectl, wait, onNode } = deployed;
  await wait('pod/contained', 'condition=Ready');
  const script = 'id -u; stat -c %u /data/file; cat /proc/self/uid_map';
  const inside = await kubectl('exec', 'contained', '--', 'sh', '-c', script);
  const [user, owner, map = ''] = inside.trim().split('\n');
  t.deepEqual([user, owner], ['0', '0']);
  const [first, outside, length] = map.trim().split(/\s+/).map(Number);
  t.deepEqual([first, length], [0, 65_536]);
  t.true((outside ?? 0) >= 65_536, map);
  t.is((await onNode("stat -c %u /proc/$(pgrep -xf 'sleep 86414')")).trim(), String(outside));
}

/** The node's own setting, those of a pod by what they let it do, and one that is not for pods. */
export async function sysctls(t: ExecutionContext, { said, wait, onNode }: Deployed): Promise<void> {
  const [[port, below] = []] = await said('tuned', 'web');
  t.regex(port ?? '', /^3200[01]$/, 'it binds port 80, and calls from a port of the range');
  t.is(below, 'not below');
  t.is((await onNode('sysctl -n vm.max_map_count')).trim(), '1048577');
  await wait('pod/unsafe', 'jsonpath={.status.reason}=SysctlForbidden');
}

/** A plan that has them gives them, within the limit; else, or where the size is another, the pod says what is missing. */
export async function hugepages(t: ExecutionContext, deployed: Deployed): Promise<void> {
  const { kubectl, said } = deployed;
  const refused = async (pod: string, size: string): Promise<void> => {
    const path = 'jsonpath={.status.conditions[?(@.type=="PodScheduled")].message}';
    // It may speak of a node first that another chart keeps pods away from.
    const message = await until(`the scheduler speaks of the pages of ${pod}`, async () => {
      const spoken = await kubectl('get', 'pod', pod, '-o', path);
      return spoken.includes('Insufficient') ? spoken : undefined;
    });
    t.true(message.includes(`Insufficient hugepages-${size}`), message);
  };
  const path = String.raw`jsonpath={.items[*].status.allocatable.hugepages-2Mi}`;
  const planned = (await kubectl('get', 'nodes', '-o', path)).split(' ').some((size) => size !== '0');
  if (planned) {
    const [lines] = await said('large', 'database');
    t.regex(lines?.[0] ?? '', /^hugetlbfs/);
    t.deepEqual(lines?.slice(1), ['takes its pages', 'and no more']);
  } else {
    await refused('large', '2Mi');
  }
  await refused('giant', '1Gi');
}
