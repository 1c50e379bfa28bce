/** systemd itself reads the units of the guest, and what is written for them later. */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { isProxyAddress } from '../../../gocli-ts/src/host/proxy.ts';
import { renderUnit } from '../../../gocli-ts/src/rig/unit-told.ts';
import { CHECKOUT } from '../../helpers/cli.ts';

const GUEST = join(CHECKOUT, 'cluster-provision/guest/debian-13');
const UNITS = 'etc/systemd/system';
/** A drop-in of each service; Debian's own units that others change stand here for themselves. */
const STUB = '[Service]\nExecStart=/bin/true\n';

const { exitCode: absent } = await execa('systemd-analyze', ['--version'], { reject: false });

/** What systemd-analyze says of the guest's services, with further files below the folder of units. */
async function verify(t: ExecutionContext, further: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'gocli-units-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await cp(join(GUEST, 'files', UNITS), join(root, UNITS), { recursive: true });
  for (const [path, text] of Object.entries(further)) await put(join(UNITS, path), text);
  const entries = await readdir(join(root, UNITS), { recursive: true, withFileTypes: true });
  const names = entries
    .map(({ name }) => name.replace(/\.d$/, ''))
    .filter((name) => /.\.service$/.test(name));
  for (const name of names)
    if (!entries.some((entry) => entry.name === name)) await put(join(UNITS, name), STUB);
  const programs = new Set(['/bin/true']);
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile()))
    for (const [, program = ''] of (await readFile(join(parentPath, name), 'utf8')).matchAll(
      /^Exec\w+=-?(\/\S+)/gm,
    ))
      programs.add(program);
  for (const program of programs) {
    await put(program, '');
    await chmod(join(root, program), 0o755);
  }
  const flags = ['--man=no', '--recursive-errors=no', `--root=${root}`];
  const { all } = await execa('systemd-analyze', ['verify', ...flags, ...new Set(names)], {
    all: true,
    reject: false,
  });
  return all;
}

/** Whether there is anything to check with; says so when there is not. */
function canVerify(t: ExecutionContext): boolean {
  if (absent === 0) return true;
  t.log('not checked: systemd-analyze is not installed here');
  t.pass();
  return false;
}

test('systemd has nothing to say of the units of the guest', async (t) => {
  if (!canVerify(t)) return;
  const initrd = await readFile(join(GUEST, 'initrd/node'), 'utf8');
  const timers = /printf '(\[Service\][^']*)'/.exec(initrd)?.[1]?.replaceAll('\\n', '\n') ?? '';
  t.regex(timers, /^\[Service\]\nTimerSlackNSec=/);
  t.is(
    await verify(t, {
      'containerd.service.d/10-timers.conf': timers,
      'kubelet.service.d/10-timers.conf': timers,
    }),
    '',
  );
  t.regex(
    await verify(t, { 'containerd.service.d/x.conf': '[Service]\nTimerSlakNSec=20ms\n' }),
    /TimerSlakNSec/,
  );
});

test('systemd takes every proxy as it is written for it', async (t) => {
  if (!canVerify(t)) return;
  const text = fc
    .string({ unit: 'binary', maxLength: 20 })
    .map((one) => encodeURI(one.replace(/\p{Cs}/gu, '')));
  const odd = fc
    .tuple(text, text)
    .map(([user, path]) => `http://${user.replace(/[/?#@\\]/g, '')}:%22%25$'@proxy:3128/\\${path}`);
  const files: Record<string, string> = {};
  for (const [at, address] of fc.sample(odd, 60).filter(isProxyAddress).entries()) {
    const except = `.example, "x",a\\b %n $HOME`;
    files[`containerd.service.d/${String(at)}.conf`] = renderUnit({
      addresses: { HTTP_PROXY: address },
      except,
    });
  }
  t.true(Object.keys(files).length > 5);
  t.is(await verify(t, files), '');
  t.regex(await verify(t, { 'containerd.service.d/x.conf': '[Service]\nEnvironment="A=\n' }), /x\.conf/);
});
