import test from 'ava';
import {
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
