import { mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { fillAtBoot, forgetBoot, renderBootUnit } from '../../../gocli-ts/src/api/pool-at-boot.ts';

const { exitCode: absent } = await execa('systemd-analyze', ['--version'], { reject: false });

async function configFolder(t: ExecutionContext): Promise<{ home: string; units: string }> {
  const home = await mkdtemp(join(tmpdir(), 'gocli-boot-'));
  t.teardown(() => rm(home, { recursive: true }));
  return { home, units: join(home, 'systemd', 'user') };
}

test('the unit is written and wanted, written again without harm, and goes', async (t) => {
  const { home, units } = await configFolder(t);
  const context = {
    env: { XDG_CONFIG_HOME: home, DOCKER_HOST: 'unix:///run/d.sock' },
    checkout: '/opt/gocli',
  };
  for (let n = 0; n < 2; n += 1) t.is(await fillAtBoot(context), join(units, 'gocli-pool.service'));
  const text = await readFile(join(units, 'gocli-pool.service'), 'utf8');
  t.regex(text, /ExecStart=".*" "\/opt\/gocli\/gocli-ts\/bin\/gocli.js" "pool" "fill" "--wait"/);
  t.regex(text, /Environment="DOCKER_HOST=unix:\/\/\/run\/d\.sock"/);
  const wants = join(units, 'default.target.wants', 'gocli-pool.service');
  t.is(await readlink(wants), '../gocli-pool.service');
  await forgetBoot(context);
  t.deepEqual((await readdir(units, { recursive: true })).sort(), ['default.target.wants']);
  await forgetBoot(context);
});

test('one of somebody else is left alone', async (t) => {
  const { home, units } = await configFolder(t);
  const context = { env: { XDG_CONFIG_HOME: home }, checkout: '/opt/gocli' };
  const file = await fillAtBoot(context);
  await writeFile(file, '[Service]\nExecStart=/bin/true\n');
  await t.throwsAsync(fillAtBoot(context), { code: 'CONFLICT' });
  await forgetBoot(context);
  t.deepEqual((await readdir(units)).sort(), ['default.target.wants', 'gocli-pool.service']);
});

(absent === 0 ? test : test.skip)('systemd reads what is written, whatever is in it', async (t) => {
  const { home } = await configFolder(t);
  const env = { HOME: '/home/a "b" 100%/$x', XDG_STATE_HOME: '/s\\t' };
  const file = join(home, 'gocli-pool.service');
  const text = renderBootUnit(['/bin/true', 'a "b"', '100%', '$HOME', 'c\\d'], env);
  // A specifier or a variable that it does not know it leaves as it stands, without a word.
  t.true(text.includes('"100%%" "$$HOME"') && text.includes('100%%/$x'), text);
  await writeFile(file, text);
  // It looks for the folder of a login, which a build machine has not.
  const { exitCode, all } = await execa('systemd-analyze', ['--user', 'verify', file], {
    env: { XDG_RUNTIME_DIR: home },
    reject: false,
    all: true,
  });
  t.is(exitCode, 0, all);
  t.is(all.trim(), '');
});
