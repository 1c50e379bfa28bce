import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import {
  chooseAccelerator,
  probeAccelerator,
  type ProbeOptions,
  TINY_READY,
} from '../../../gocli-ts/src/machine/accelerator.ts';
import { EMULATED_CPU, HOST_CPU } from '../../../gocli-ts/src/machine/cpu-models.ts';
import { deviceAccess } from '../../../gocli-ts/src/machine/devices.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { PROBE_GUEST } from '../../../gocli-ts/src/provider/image-path.ts';
import { FakeDocker } from '../../fakes/docker.ts';
import { jsonPeer } from '../../fakes/json-peer.ts';

interface Probe {
  readonly options: ProbeOptions & { readonly docker: FakeDocker; readonly clock: FakeClock };
  readonly stop: AbortController;
}

/** A probe whose qemu does not answer questions, and whose guest has printed what is given after so many milliseconds; `ends` ends qemu instead. */
function setUp(output: (ms: number) => string, ends = false): Probe {
  const docker = new FakeDocker();
  docker.addImage('image');
  docker.onConnect = () => {
    const { near, far } = jsonPeer(() => ({ return: {} }));
    far.end();
    return near;
  };
  const clock = new FakeClock();
  const stop = new AbortController();
  const logs = docker.containers.logs.bind(docker.containers);
  docker.containers.logs = async (id, options) => {
    const container = docker.containerStore.get(id);
    if (container !== undefined) container.log = output(clock.monotonic());
    if (ends) docker.end(id, 1);
    return logs(id, options);
  };
  const paths = { state: '/nowhere', cache: '/nowhere' };
  const access = deviceAccess(0o020666, 104);
  return {
    options: {
      docker,
      image: 'image',
      guest: PROBE_GUEST,
      labels: { a: 'b' },
      access,
      paths,
      clock,
      signal: stop.signal,
    },
    stop,
  };
}

test('a guest that comes up proves that /dev/kvm works', async (t) => {
  const { options } = setUp((ms) => (ms < 1000 ? 'Linux version' : `Linux version\n${TINY_READY}\n`));
  t.deepEqual(await probeAccelerator(options), {
    accelerator: 'kvm',
    cpu: HOST_CPU,
    reason: '/dev/kvm works',
  });
  t.is(options.clock.monotonic(), 1000);
});

test('a guest that prints nothing hangs, which is known after seconds; one that gets stuck takes longer', async (t) => {
  const silent = setUp(() => '');
  t.like(await probeAccelerator(silent.options), {
    accelerator: 'tcg',
    reason: '/dev/kvm exists, but a guest on it hangs',
  });
  t.true(silent.options.clock.monotonic() < 7000);
  const stuck = setUp(() => 'Linux version');
  t.like(await probeAccelerator(stuck.options), {
    accelerator: 'tcg',
    reason: '/dev/kvm exists, but a guest on it does not come up',
  });
});

test('on a busy host a guest has as long as it goes on printing, within bounds', async (t) => {
  const lines = (ms: number): string => 'line\n'.repeat(1 + Math.floor(ms / 10_000));
  const slow = setUp((ms) => (ms < 60_000 ? lines(ms) : TINY_READY));
  t.is((await probeAccelerator(slow.options)).accelerator, 'kvm');
  const endless = setUp(lines);
  t.is((await probeAccelerator(endless.options)).accelerator, 'tcg');
});

test('when qemu ends, the reason is its last line', async (t) => {
  const { options } = setUp(
    () => 'Could not access KVM kernel module: No such device\nqemu: failed to initialize kvm\n',
    true,
  );
  t.deepEqual(await probeAccelerator(options), {
    accelerator: 'tcg',
    cpu: EMULATED_CPU,
    reason: 'qemu cannot use /dev/kvm: qemu: failed to initialize kvm',
  });
});

test('the probe has the device, its group and nothing else, and goes in every case', async (t) => {
  for (const work of ['up', 'abort', 'fail']) {
    const { options, stop } = setUp(() => (work === 'up' ? TINY_READY : ''));
    if (work === 'abort')
      setImmediate(() => {
        stop.abort(new Error('Ctrl-C'));
      });
    if (work === 'fail') options.docker.failNext('containers.start', new Error('no such device'));
    const probing = probeAccelerator(options);
    if (work === 'up') await probing;
    else await t.throwsAsync(probing, { message: work === 'abort' ? 'Ctrl-C' : 'no such device' });
    t.is(options.docker.containerStore.size, 0, work);
    t.like(options.docker.calls[0]?.args[0], {
      labels: { a: 'b' },
      network: 'none',
      capabilities: [],
      noNewPrivileges: true,
      devices: ['/dev/kvm'],
      groups: ['104'],
    });
  }
});

test('a daemon that has no /dev/kvm, or may not use it, means emulation', async (t) => {
  for (const [method, observed, reason] of [
    [
      'containers.start',
      'error gathering device information while adding custom device "/dev/kvm": no such file or directory',
      'the daemon has no /dev/kvm',
    ],
    ['containers.create', 'stat /dev/kvm: no such file or directory', 'the daemon has no /dev/kvm'],
    [
      'containers.start',
      'crun: mknod `/dev/kvm`: Operation not permitted: OCI permission denied',
      'the daemon gives no container /dev/kvm: crun: mknod `/dev/kvm`: Operation not permitted: OCI permission denied',
    ],
  ] as const) {
    const { options } = setUp(() => TINY_READY);
    options.docker.failNext(method, new GocliError('DOCKER', 'Docker could not start', { observed }));
    t.deepEqual(await probeAccelerator(options), { accelerator: 'tcg', cpu: EMULATED_CPU, reason });
    t.is(options.docker.containerStore.size, 0);
  }
  const { options } = setUp(() => TINY_READY);
  options.docker.failNext('containers.start', new GocliError('DISK_FULL', 'no space'));
  await t.throwsAsync(probeAccelerator(options), { code: 'DISK_FULL' });
});

test('what is remembered holds for the daemon that was asked, and asks it nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-accelerator-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const { options } = setUp(() => TINY_READY);
  const { docker } = options;
  const here = { ...options, paths: { state: folder, cache: folder } };
  const choose = async () => (await chooseAccelerator(here, '/dev/null')).accelerator;
  t.is(await choose(), 'kvm');
  const asked = docker.calls.length;
  t.is(await choose(), 'kvm');
  t.is(docker.calls.length, asked);
  docker.at = '/home/u/.docker/desktop/docker.sock';
  const observed = 'stat /dev/kvm: no such file or directory';
  docker.failNext('containers.create', new GocliError('DOCKER', 'Docker could not create', { observed }));
  t.is(await choose(), 'tcg');
});
