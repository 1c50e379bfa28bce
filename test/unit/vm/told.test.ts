import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { vmTold } from '../../../gocli-ts/src/vm/told.ts';
import { KEY, Machine, PROXY } from './_told-machine.ts';

test('apt, git, docker, sshd, sudo and the environment are told of a proxy', async (t) => {
  const machine = await Machine.make(t);
  await machine.write('etc/environment', 'LANG=C');
  t.is(machine.tell({ proxy: PROXY, keys: [KEY] }), '');
  const address = 'http://me:s%22e%24c%40@p.example:1';
  t.deepEqual((await machine.read('etc/apt/apt.conf.d/95gocli-proxy'))?.split('\n'), [
    `Acquire::http::Proxy "${address}";`,
    'Acquire::http::Proxy::registry "DIRECT";',
    'Acquire::https::Proxy "socks5h://p.example:2";',
    'Acquire::https::Proxy::registry "DIRECT";',
    '',
  ]);
  const environment = (await machine.read('etc/environment'))?.split('\n') ?? [];
  t.deepEqual(environment.slice(0, 4), [
    'LANG=C',
    '# gocli: begin',
    `HTTP_PROXY=${address}`,
    `http_proxy=${address}`,
  ]);
  t.true(environment.includes('no_proxy=.example,10.0.0.0/8,registry'));
  t.regex(
    (await machine.read('etc/gocli-proxy.gitconfig')) ?? '',
    /\[http\]\n\tproxy = "socks5:\/\/p\.example:2"\n/,
  );
  t.regex((await machine.read('etc/ssh/sshd_config.d/20-gocli-proxy.conf')) ?? '', /^SetEnv "HTTP_PROXY=/);
  t.regex((await machine.read('etc/sudoers.d/gocli-proxy')) ?? '', /env_keep \+= "HTTP_PROXY http_proxy /);
  t.regex(
    (await machine.read('etc/systemd/system/docker.service.d/10-gocli-proxy.conf')) ?? '',
    /^Environment="NO_PROXY=\.example,/m,
  );
  t.is(
    await machine.read('root/.ssh/authorized_keys'),
    `# gocli: begin (and of the file)\n${KEY} # gocli\n# gocli: end\n`,
  );
  // Without Docker nothing is asked of systemd.
  t.is(await machine.read('called'), 'kill 123456\n');
});

test('what is told again changes nothing, and starts nothing anew', async (t) => {
  const machine = await Machine.make(t);
  machine.tell({ proxy: PROXY, keys: [KEY] });
  const [before, called] = [await machine.files(), await machine.read('called')];
  machine.tell({ proxy: PROXY, keys: [KEY] });
  t.deepEqual(await machine.files(), before);
  t.is(await machine.read('called'), called);
  machine.tell({ proxy: PROXY, keys: [] });
  t.is(await machine.read('called'), called);
  t.is(await machine.read('root/.ssh/authorized_keys'), undefined);
});

test('docker is started anew for another proxy, unless something runs in it', async (t) => {
  const machine = await Machine.make(t);
  await machine.write('usr/lib/systemd/system/docker.service', '');
  t.is(machine.tell({ proxy: PROXY, keys: [] }), '');
  t.is(
    await machine.read('called'),
    'kill 123456\nsystemctl daemon-reload\nsystemctl try-restart docker.service\n',
  );
  await mkdir(join(machine.root, 'proc/7'), { recursive: true });
  for (const name of ['runc', 'containerd-shim', 'docker-buildx']) {
    await machine.write('proc/7/comm', `${name}\n`);
    const other = { ...PROXY, addresses: { HTTP_PROXY: `http://${name}` } };
    t.regex(machine.tell({ proxy: other, keys: [] }), /learns of the proxy when it is started anew/);
  }
  await machine.write('proc/7/comm', 'dockerd\n');
  t.is(machine.tell({ keys: [] }), '');
  t.regex((await machine.read('called')) ?? '', /try-restart[^]*try-restart docker.service\n$/);
});

test('an address without a scheme is one of http, and exceptions stay as they are', async (t) => {
  const machine = await Machine.make(t);
  const addresses = { HTTP_PROXY: 'proxy.corp:3128', HTTPS_PROXY: 'proxy.corp:3128' };
  machine.tell({ proxy: { addresses, except: '*.corp,[::1]' }, keys: [] });
  const files = Object.entries(await machine.files());
  const naming = files.filter(([, text]) => text.includes('proxy.corp:3128'));
  t.is(naming.length, 5);
  for (const [path, text] of naming) t.notRegex(text, /(?<!http:\/\/)proxy\.corp/, path);
  t.regex((await machine.read('etc/environment')) ?? '', /^no_proxy=\*\.corp,\[::1\]$/m);
  machine.tell({ proxy: { addresses, except: '*' }, keys: [] });
  t.is(await machine.read('etc/apt/apt.conf.d/95gocli-proxy'), '');
});

test('another SetEnv of sshd is said: it heeds the first alone', async (t) => {
  const machine = await Machine.make(t);
  await machine.write('etc/ssh/sshd_config.d/30-mine.conf', 'UseDNS no\n  setenv A=1');
  t.regex(machine.tell({ proxy: PROXY, keys: [] }), /30-mine\.conf has SetEnv, too/);
  t.is(machine.tell({ proxy: PROXY, keys: [KEY] }), '');
});

test('what a machine knows holds no password, and is another for all that is another', (t) => {
  t.is(vmTold.render({ keys: [] }), '');
  const all = [{ proxy: PROXY, keys: [] }, { keys: [KEY] }, { proxy: PROXY, keys: [KEY] }].map((facts) =>
    vmTold.render(facts),
  );
  t.is(new Set(all).size, 3);
  t.notRegex(all.join(), /example/);
  t.regex(
    vmTold.said({ proxy: PROXY, keys: [KEY] }),
    /the proxy \(HTTP_PROXY, HTTPS_PROXY\) and keys of the site \(1\)\./,
  );
  t.notRegex(vmTold.said({ proxy: PROXY, keys: [KEY] }), /s"e/);
});

test('where sshd does not run any more, its file of the process is left as it is', async (t) => {
  const machine = await Machine.make(t);
  t.is(
    machine.tell({ proxy: PROXY, keys: [] }, (script) => script.replace('kill -HUP "$sshd"', 'false')),
    '',
  );
  t.is(await machine.read('run/sshd.pid'), '123456\n');
});
