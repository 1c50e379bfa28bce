import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { IMAGE_PATH, PROBE_GUEST } from '../../gocli-ts/src/provider/image-path.ts';
import { chooseAccelerator, TINY_READY } from '../../gocli-ts/src/machine/accelerator.ts';
import { readDeviceAccess } from '../../gocli-ts/src/machine/devices.ts';
import { systemClock } from '../../gocli-ts/src/shared/clock.ts';
import { openSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

const LABELS = { 'io.gocli.test': `accelerator-${process.pid}` };

let sandbox: Sandbox;
let image: string;

test.before('the tiny provider image', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker);
});

test.after.always('nothing stays', async () => {
  for (const { id } of await sandbox.docker.containers.list(LABELS))
    await sandbox.docker.containers.remove(id);
  await sandbox.close();
});

test.serial('the tiny guest comes up on a machine without any device', async (t) => {
  const { containers } = sandbox.docker;
  const machine = [
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-machine',
    'pc-q35-10.0',
    '-m',
    '256M',
  ];
  const boot = ['-kernel', IMAGE_PATH.kernel, '-initrd', IMAGE_PATH.tiny, '-append', 'console=ttyS0'];
  const id = await containers.create({
    name: `gocli-tiny-${process.pid}`,
    image,
    labels: LABELS,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
    user: '107:107',
    entrypoint: ['qemu-system-x86_64'],
    command: [...machine, '-accel', 'tcg', '-cpu', 'max', ...boot, '-serial', 'stdio'],
  });
  await containers.start(id);
  const deadline = Date.now() + 60_000;
  while (!(await containers.logs(id)).includes(TINY_READY) && Date.now() < deadline) {
    await systemClock.sleep(200);
  }
  t.regex(await containers.logs(id), new RegExp(TINY_READY));
});

test.serial(
  'the choice is made once per boot of the host, and a damaged memory of it is no obstacle',
  async (t) => {
    const options = {
      docker: sandbox.docker,
      image,
      guest: PROBE_GUEST,
      labels: LABELS,
      access: await readDeviceAccess(),
      paths: { state: join(sandbox.env['XDG_STATE_HOME'] ?? '', 'probe'), cache: '' },
      clock: systemClock,
      signal: AbortSignal.timeout(60_000),
    };
    const first = await chooseAccelerator(options);
    const there = await stat('/dev/kvm').catch(() => undefined);
    if (there === undefined) {
      t.like(first, { accelerator: 'tcg', reason: 'there is no /dev/kvm' });
      return;
    }
    const memory = join(options.paths.state, 'accelerator.json');
    t.like(JSON.parse(await readFile(memory, 'utf8')), first);
    t.like(
      await chooseAccelerator({ ...options, image: 'gocli/not-there' }),
      first,
      'no container was needed',
    );
    await writeFile(memory, '{');
    t.is((await chooseAccelerator(options)).accelerator, first.accelerator);
    t.deepEqual(
      (await sandbox.docker.containers.list(LABELS)).filter(({ name }) => name.startsWith('gocli-probe')),
      [],
    );
  },
);
