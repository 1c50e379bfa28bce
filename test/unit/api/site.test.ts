import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { aroundNow, readSettings } from '../../../gocli-ts/src/api/settings.ts';
import { makeConsole } from '../../helpers/console.ts';
import { temporaryFolder } from '../provision/_bench.ts';

const KEY = `ssh-ed25519 ${'A'.repeat(68)} alice`;

test('what is around a rig is what the site says, else the environment', async (t) => {
  const cwd = await temporaryFolder(t);
  await writeFile(join(cwd, 'site.yaml'), `apiVersion: gocli.io/v1\nkind: Site\nkeys: ["${KEY}"]\n`);
  const env = { HOME: cwd, HTTP_PROXY: 'http://p' };
  const proxy = { addresses: { HTTP_PROXY: 'http://p' }, except: '' };
  t.deepEqual(await aroundNow({ env, cwd }), { proxy });
  t.deepEqual(await aroundNow({ env: { ...env, GOCLI_SITE: 'site.yaml' }, cwd }), { proxy, keys: [KEY] });
  t.deepEqual(await readSettings({ env: { GOCLI_SITE: '' }, cwd }), { env: { GOCLI_SITE: '' } });
});

test('a bad file of a site is refused with all else that is wrong, before anything is done', async (t) => {
  const file = join(await temporaryFolder(t), 'site.yaml');
  await writeFile(file, 'apiVersion: gocli.io/v1\nkind: Site\nkey: []\n');
  const console = await makeConsole(t, { GOCLI_SITE: file });
  const { code, stderr } = await console.run('run', 'k8s-1.36', '--nodes', '0');
  t.is(code, 2);
  t.regex(stderr, /site\.yaml:3:1: unknown key "key"\. Did you mean "keys"\?/);
  t.regex(stderr, /--nodes/);
  t.notRegex(stderr, /provisioned first/);
});
