import test from 'ava';
import {
  judgeCgroup,
  judgeDaemon,
  judgeNearness,
  judgeNetwork,
  judgeProviders,
  judgeStorage,
} from '../../../../gocli-ts/src/api/doctor/docker.ts';
import {
  judgeDisk,
  judgeInotify,
  judgeMemory,
  judgePorts,
} from '../../../../gocli-ts/src/api/doctor/host.ts';
import {
  judgeAccelerator,
  judgeModules,
  judgeUntried,
  unavailable,
} from '../../../../gocli-ts/src/api/doctor/kernel.ts';
import { judgeGo, judgeProgram } from '../../../../gocli-ts/src/api/doctor/tools.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { FakeDocker } from '../../../fakes/docker.ts';

const GIB = 1024 ** 3;
const DAEMON = new FakeDocker().about;

test('the daemon', (t) => {
  t.deepEqual(judgeDaemon(DAEMON), { state: 'ok', observed: 'version 20.10.24' });
  t.is(judgeDaemon({ ...DAEMON, architecture: 'aarch64' }).state, 'failed');
  const down = judgeDaemon(new GocliError('DOCKER_UNREACHABLE', 'no daemon', { hint: 'start it' }));
  t.deepEqual(down, { state: 'failed', observed: 'no daemon', advice: 'start it' });
  t.is(judgeStorage({ ...DAEMON, storageDriver: 'vfs' }).state, 'warning');
  t.is(judgeStorage(new Error('no')).state, 'warning');
  t.deepEqual(judgeNetwork(DAEMON), { state: 'ok', observed: 'bridge, 172.17.0.0/16' });
  t.regex(judgeNetwork({ ...DAEMON, bridge: undefined }).advice ?? '', /"bridge": "none"/);
  t.is(judgeCgroup(DAEMON).observed, 'version 2');
});

test("the daemon's bridge is judged by the network that the nodes are to have", (t) => {
  const taken = { ...DAEMON, bridge: { subnets: ['192.168.66.0/24'], gateway: '192.168.66.1' } };
  t.is(judgeNetwork(taken).state, 'failed');
  t.is(judgeNetwork(taken, '').state, 'failed');
  t.is(judgeNetwork(taken, '10.5.0.0/24').state, 'ok');
  const moved = { ...DAEMON, bridge: { subnets: ['10.5.0.0/24'], gateway: '10.5.0.1' } };
  t.is(judgeNetwork(moved).state, 'ok');
  t.is(judgeNetwork(moved, '10.5.0.0/24').state, 'failed');
  const unreadable = judgeNetwork(DAEMON, '10.5.0.0/16');
  t.is(unreadable.state, 'failed');
  t.regex(`${unreadable.observed} ${unreadable.advice ?? ''}`, /^GOCLI_NETWORK: .*10\.5\.0\.0\/24$/);
});

test('a daemon whose ports are not reached from here is told by its address and its socket', async (t) => {
  t.deepEqual(await judgeNearness(DAEMON), { state: 'ok', observed: 'this one' });
  t.regex((await judgeNearness({ ...DAEMON, hostName: 'elsewhere' })).observed, /each start tries/);
  const bridge = { subnets: ['203.0.113.0/24'], gateway: '203.0.113.1' };
  const elsewhere = await judgeNearness({ ...DAEMON, bridge, isHere: false });
  t.is(elsewhere.state, 'failed');
  t.regex(elsewhere.advice ?? '', /--network host/);
  t.is((await judgeNearness(new Error('no'))).state, 'warning');
});

test('a bridge that is not masqueraded is a remark', (t) => {
  const bridge = { subnets: ['172.17.0.0/16'], masquerades: false };
  t.like(judgeNetwork({ ...DAEMON, bridge }), { state: 'warning' });
  t.regex(judgeNetwork({ ...DAEMON, bridge }).observed, /"ip-masq": false/);
});

test('provider images', (t) => {
  t.deepEqual(judgeProviders(['b', 'a']), { state: 'ok', observed: 'a, b' });
  t.is(judgeProviders([]).state, 'warning');
});

test('memory: a host with less than a node is a failure; less that is free, or than a compiler wants, a remark', (t) => {
  const state = (total: number, available: number): string =>
    judgeMemory({ total: total * GIB, available: available * GIB }).state;
  t.is(state(2.9, 2.8), 'failed');
  t.is(state(4, 0.5), 'warning');
  t.is(state(24, 2.9), 'warning');
  t.is(state(24, 3.5), 'warning');
  t.is(state(24, 8), 'ok');
});

test('disk: a provisioned host needs less', (t) => {
  t.is(judgeDisk('/d', 2 * GIB, true).state, 'failed');
  t.is(judgeDisk('/d', 10 * GIB, true).state, 'ok');
  t.is(judgeDisk('/d', 10 * GIB, false).state, 'warning');
  t.is(judgeDisk('/d', 20 * GIB, false).state, 'ok');
  t.is(judgeDisk('/d', undefined, true).state, 'warning');
});

test('ports and inotify', (t) => {
  t.is(judgePorts([]).state, 'ok');
  t.deepEqual(judgePorts(['80/tcp (nginx (pid 1))']).state, 'ok');
  t.regex(judgePorts(['80/tcp (nginx (pid 1))']).observed, /nginx/);
  t.is(judgeInotify(128, 8192).state, 'ok');
  t.is(judgeInotify(64, 8192).state, 'warning');
  t.is(judgeInotify(undefined, 1).state, 'warning');
});

test('the accelerator: emulation is a remark, /dev/kvm alone proves nothing', (t) => {
  t.is(judgeAccelerator('kvm', '/dev/kvm works').state, 'ok');
  t.is(judgeAccelerator('tcg', 'it hangs').state, 'warning');
  t.regex(judgeUntried(true).observed, /tried as soon as/);
  t.is(judgeUntried(false).state, 'warning');
});

test('in WSL 2 clusters are emulated without /dev/kvm, and what to do is done in Windows', (t) => {
  // uname -r and symbols of a Windows 11 whose kernel has all of it built in.
  const kernel = '5.15.167.4-microsoft-standard-WSL2';
  const symbols = [
    'ffffffff81a1b2c0 t tun_chr_open',
    'ffffffff81d04f10 T br_add_bridge',
    'ffffffff81c5e6a0 t nf_tables_newtable',
    'ffffffff81c7c150 t nft_masq_init',
  ].join('\n');
  t.deepEqual(unavailable(symbols, ''), []);
  const emulated = judgeUntried(false, kernel);
  t.is(emulated.state, 'warning');
  t.is(emulated.observed, 'emulation: there is no /dev/kvm');
  t.regex(emulated.advice ?? '', /\.wslconfig.*nestedVirtualization=true/);
  t.regex(judgeAccelerator('tcg', 'a guest hangs', kernel).advice ?? '', /\.wslconfig/);
  t.notRegex(judgeAccelerator('tcg', 'a guest hangs', '6.12.48-amd64').advice ?? '', /wslconfig/);
  t.regex(judgeModules(['nft_masq'], kernel).advice ?? '', /wsl --update/);
});

test('modules count when they are in the kernel, loaded or loadable', (t) => {
  const symbols =
    '0000 T tun_chr_open\t[tun]\n0000 T br_add_bridge\n0000 t nf_tables_newtable\n0000 t not_nft_masq_init_x\n';
  t.deepEqual(unavailable(symbols, ''), ['nft_masq']);
  t.deepEqual(unavailable(symbols, 'kernel/net/netfilter/nft_masq.ko.xz: kernel/net/nf_nat.ko.xz\n'), []);
  t.deepEqual(unavailable('', 'kernel/drivers/net/tun.ko:\n'), ['bridge', 'nf_tables', 'nft_masq']);
  t.is(judgeModules([]).state, 'ok');
  t.is(judgeModules(undefined).state, 'warning');
  t.deepEqual(judgeModules(['tun', 'bridge'], '6.12.48-amd64'), {
    state: 'failed',
    observed: 'not available: tun, bridge',
    advice: 'As root: modprobe --all tun bridge',
  });
});

test('what only provisioning needs fails only while there is no provider image', (t) => {
  t.is(judgeGo('go1.26.1', false).state, 'ok');
  t.is(judgeGo('go1.27', false).state, 'ok');
  t.is(judgeGo('go1.25.9', false).state, 'failed');
  t.is(judgeGo(undefined, true).state, 'warning');
  t.is(judgeProgram('gcc', '/usr/bin/gcc', false).state, 'ok');
  t.is(judgeProgram('gcc', undefined, false).state, 'failed');
  t.is(judgeProgram('gcc', undefined, true).state, 'warning');
});
