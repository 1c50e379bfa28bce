import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { ToldFacts } from '../../../gocli-ts/src/rig/kind.ts';
import { toldScript, vmTold } from '../../../gocli-ts/src/vm/told.ts';
import { temporaryFolder } from '../provision/_bench.ts';

const KEY = `ssh-ed25519 ${'A'.repeat(68)} alice@host`;
const PROXY = {
  addresses: { HTTP_PROXY: 'http://me:s"e$c%40@p.example:1', HTTPS_PROXY: 'socks5://p.example:2' },
  except: '.example,10.0.0.0/8,registry',
};

/** A machine's files, and programs that only say that they were called. */
class Machine {
  readonly root: string;
  readonly called: string;

  constructor(root: string) {
    this.root = root;
    this.called = join(root, 'called');
  }

  static async make(t: ExecutionContext): Promise<Machine> {
    const machine = new Machine(await temporaryFolder(t));
    const folders = ['etc/apt/apt.conf.d', 'etc/ssh/sshd_config.d', 'etc/sudoers.d', 'etc/systemd/system'];
    for (const folder of [...folders, 'run', 'root/.ssh', 'var/lib/gocli', 'usr/lib/systemd/system', 'bin'])
      await mkdir(join(machine.root, folder), { recursive: true });
    await machine.write('run/sshd.pid', '123456\n');
    return machine;
  }

  write(path: string, text: string): Promise<void> {
    return writeFile(join(this.root, path), text);
  }

  async read(path: string): Promise<string | undefined> {
    return readFile(join(this.root, path), 'utf8').catch(() => undefined);
  }

  /** The script, on files below the root. `kill` is a builtin. @returns what it printed */
  tell(facts: ToldFacts): string {
    const script = toldScript(facts)
      .replace(/(?<=[\s<>"])\/(etc|run|root|var|usr)(?=\/)/g, `${this.root}/$1`)
      .replaceAll(
        'kill -HUP "$sshd"',
        `echo "kill $sshd" >>${this.called}; echo "$sshd" >${this.root}/run/sshd.pid`,
      )
      .replaceAll('systemctl ', `>>${this.called} echo systemctl `);
    return execFileSync('sh', { input: script, encoding: 'utf8' });
  }

  async files(): Promise<Record<string, string>> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name !== 'called');
    const pairs = files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(this.root.length + 1), await readFile(path, 'utf8')] as const;
    });
    return Object.fromEntries(await Promise.all(pairs));
  }
}

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
  t.regex((await machine.read('etc/gitconfig')) ?? '', /\[http\]\n\tproxy = "socks5:\/\/p\.example:2"\n/);
  t.regex((await machine.read('etc/ssh/sshd_config.d/20-gocli-proxy.conf')) ?? '', /^SetEnv "HTTP_PROXY=/);
  t.regex((await machine.read('etc/sudoers.d/gocli-proxy')) ?? '', /env_keep \+= "HTTP_PROXY http_proxy /);
  t.regex(
    (await machine.read('etc/systemd/system/docker.service.d/10-gocli-proxy.conf')) ?? '',
    /^Environment="NO_PROXY=\.example,/m,
  );
  t.is(await machine.read('root/.ssh/authorized_keys'), `# gocli: begin\n${KEY}\n# gocli: end\n`);
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
  t.is(await machine.read('root/.ssh/authorized_keys'), '');
});

test('docker is started anew for another proxy, unless something runs in it', async (t) => {
  const machine = await Machine.make(t);
  await machine.write('usr/lib/systemd/system/docker.service', '');
  t.is(machine.tell({ proxy: PROXY, keys: [] }), '');
  t.is(
    await machine.read('called'),
    'kill 123456\nsystemctl daemon-reload\nsystemctl try-restart docker.service\n',
  );
  await mkdir(join(machine.root, 'run/containerd/io.containerd.runtime.v2.task/moby/x'), { recursive: true });
  const other = { ...PROXY, addresses: { HTTP_PROXY: 'http://other' } };
  t.regex(machine.tell({ proxy: other, keys: [] }), /learns of the proxy when it is started anew/);
});

test('a machine that is told of nothing any more is what it was, whatever its files held', async (t) => {
  const line = fc.string({
    unit: fc.constantFrom('a', ' ', '\\', '$x', '"', "'", '# gocli', '\t', '%s', '`'),
    maxLength: 8,
  });
  const text = fc.option(
    fc.array(line, { maxLength: 5 }).map((all) => all.map((one) => `${one}\n`).join('')),
  );
  await fc.assert(
    fc.asyncProperty(text, text, fc.boolean(), async (environment, keys, both) => {
      const machine = await Machine.make(t);
      if (environment !== null) await machine.write('etc/environment', environment);
      if (keys !== null) await machine.write('root/.ssh/authorized_keys', keys);
      const before = await machine.files();
      machine.tell({ ...(both ? { proxy: PROXY } : {}), keys: [KEY] });
      t.true((await machine.read('root/.ssh/authorized_keys'))?.startsWith(keys ?? ''));
      machine.tell({ keys: [] });
      const after = Object.entries(await machine.files()).filter(
        ([path, left]) => left !== '' || path in before,
      );
      t.deepEqual(Object.fromEntries(after), before);
    }),
    { numRuns: 25 },
  );
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
