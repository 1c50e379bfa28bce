import { execFileSync } from 'node:child_process';
import { chmod, lstat, readlink, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { ToldFacts } from '../../../gocli-ts/src/rig/kind.ts';
import { vmTold } from '../../../gocli-ts/src/vm/told.ts';
import { KEY, Machine, PROXY } from './_told-machine.ts';

test('a machine that is told of nothing any more is what it was, whatever its files held', async (t) => {
  const line = fc.string({
    unit: fc.constantFrom('a', ' ', '\\', '$x', '"', "'", '# gocli', '\t', '%s', '`'),
    maxLength: 8,
  });
  const text = fc.array(line, { maxLength: 5 }).map((all) => all.join('\n'));
  const file = fc.option(
    fc.record({ text, mode: fc.constantFrom(0o600, 0o644, 0o664), linked: fc.boolean() }),
  );
  const paths = ['etc/environment', 'etc/gitconfig', 'root/.ssh/authorized_keys'] as const;
  await fc.assert(
    fc.asyncProperty(fc.tuple(file, file, file), fc.boolean(), fc.boolean(), async (files, both, lost) => {
      const machine = await Machine.make(t);
      const looks: (() => Promise<void>)[] = [];
      for (const [at, path] of paths.entries()) {
        const one = files[at];
        if (one === null || one === undefined) {
          looks.push(async () => {
            const left = await machine.read(path);
            t.true(left === undefined || lost, path);
          });
          continue;
        }
        const real = one.linked ? `var/${at.toFixed(0)}` : path;
        await machine.write(real, one.text);
        await chmod(join(machine.root, real), one.mode);
        if (one.linked) await symlink(join(machine.root, real), join(machine.root, path));
        looks.push(async () => {
          const left = (await machine.read(path)) ?? '';
          t.true(left === one.text || left === `${one.text}\n`, JSON.stringify([one.text, left]));
          t.is((await stat(join(machine.root, path))).mode & 0o777, one.mode);
          t.is((await lstat(join(machine.root, path))).isSymbolicLink(), one.linked);
          if (one.linked) t.is(await readlink(join(machine.root, path)), join(machine.root, real));
        });
      }
      machine.tell({ ...(both ? { proxy: PROXY } : {}), keys: [KEY] });
      if (lost) {
        for (const path of paths) {
          const told = await machine.read(path);
          if (told !== undefined) await machine.write(path, told.replace('# gocli: end\n', ''));
        }
      }
      machine.tell({ keys: [] });
      for (const look of looks) await look();
    }),
    { numRuns: 30 },
  );
});

test('what a user wrote behind a block that lost its end stays', async (t) => {
  const machine = await Machine.make(t);
  machine.tell({ proxy: PROXY, keys: [KEY] });
  for (const [path, line] of [
    ['etc/environment', 'LANG=C\n'],
    ['root/.ssh/authorized_keys', `${KEY} of the user\n`],
  ] as const) {
    const told = (await machine.read(path)) ?? '';
    await machine.write(path, `${told.replace('# gocli: end\n', '')}${line}`);
    machine.tell({ keys: [] });
    t.is(await machine.read(path), line);
    machine.tell({ proxy: PROXY, keys: [KEY] });
  }
});

test('what a user wrote into a block stays', async (t) => {
  const machine = await Machine.make(t);
  machine.tell({ proxy: PROXY, keys: [KEY] });
  const told = (await machine.read('etc/environment')) ?? '';
  await machine.write('etc/environment', told.replace('# gocli: end', 'LANG=C\n# gocli: end'));
  machine.tell({ proxy: OTHER, keys: [] });
  machine.tell({ keys: [] });
  t.is(await machine.read('etc/environment'), 'LANG=C\n');
});

test('what git writes for all users is not taken away with the proxy', async (t) => {
  const machine = await Machine.make(t);
  const env = { ...process.env, GIT_CONFIG_SYSTEM: join(machine.root, 'etc/gitconfig') };
  const git = (...words: string[]): string =>
    execFileSync('git', ['config', '--system', ...words], { env, encoding: 'utf8' });
  machine.tell({ proxy: PROXY, keys: [] });
  git('http.sslCAInfo', '/ca');
  t.is(git('--includes', 'http.proxy'), 'socks5://p.example:2\n');
  machine.tell({ keys: [] });
  t.is(git('--list'), 'http.sslcainfo=/ca\n');
  // git puts a second file to be read into the section of ours.
  machine.tell({ proxy: PROXY, keys: [] });
  git('--add', 'include.path', '/corp');
  machine.tell({ keys: [] });
  t.is(git('--list'), 'http.sslcainfo=/ca\ninclude.path=/corp\n');
  git('--unset', 'include.path');
  // What is for http alone is made up for no other scheme.
  machine.tell({ proxy: { addresses: { HTTP_PROXY: 'http://p' }, except: '' }, keys: [] });
  t.is(git('--includes', '--list'), 'http.sslcainfo=/ca\n');
  // An empty file of the user is not one of ours.
  await machine.write('etc/gitconfig', '');
  machine.tell({ proxy: PROXY, keys: [] });
  machine.tell({ keys: [] });
  t.is(await machine.read('etc/gitconfig'), '');
});

const OTHER = { addresses: { HTTP_PROXY: 'http://other' }, except: '' };
const SSHD = 'etc/ssh/sshd_config.d/20-gocli-proxy.conf';
const WHAT_USERS_DO: readonly string[][] = [
  [],
  ['run/sshd.pid'],
  ['etc/systemd/system/docker.service.d'],
  ['etc/apt/apt.conf.d/95gocli-proxy'],
];

/** All that a machine has but what it knows and what runs, as if it were at the root. */
async function filesOf(machine: Machine): Promise<Record<string, string>> {
  const files = Object.entries(await machine.files()).filter(
    ([path]) => !['var/lib/gocli/told', 'run/sshd.pid'].includes(path),
  );
  return Object.fromEntries(files.map(([path, text]) => [path, text.replaceAll(machine.root, '')]));
}

test('a script that was cut off anywhere is made good by the next, with a proxy and without', async (t) => {
  /** @returns whether it was cut off, and did not end before */
  const cutOff = async (
    [begun, ended]: readonly [ToldFacts, ToldFacts],
    removed: readonly string[],
    command: number,
  ): Promise<boolean> => {
    const [machine, fresh] = [await Machine.make(t), await Machine.make(t)];
    for (const one of [machine, fresh]) await one.write('usr/lib/systemd/system/docker.service', '');
    if (command % 2 === 0) machine.tell({ proxy: PROXY, keys: [KEY] });
    for (const path of removed) await rm(join(machine.root, path), { recursive: true, force: true });
    const [before, knew] = [await filesOf(machine), await machine.read('var/lib/gocli/told')];
    const cut = machine.tellUntil(begun, command);
    const at = `${JSON.stringify(removed)} ${command.toFixed(0)}`;
    const between = await filesOf(machine);
    t.is((await machine.read('run/sshd.pid')) ?? '', removed.includes('run/sshd.pid') ? '' : '123456\n', at);
    if (JSON.stringify(before) !== JSON.stringify(between))
      t.not(await machine.read('var/lib/gocli/told'), knew, `${at}: it would be passed over`);
    const called = await machine.read('called');
    machine.tell(ended);
    if (before[SSHD] !== between[SSHD] && cut)
      t.regex((await machine.read('called'))?.slice(called?.length ?? 0) ?? '', /try-restart/, at);
    fresh.tell(ended);
    t.deepEqual(await filesOf(machine), await filesOf(fresh), at);
    t.is((await machine.read('var/lib/gocli/told')) ?? '', vmTold.render(ended));
    return cut;
  };
  const taken = [{ proxy: PROXY, keys: [] }, { keys: [] }] as const;
  const another = [
    { proxy: PROXY, keys: [KEY] },
    { proxy: OTHER, keys: [] },
  ] as const;
  const keysAlone = [{ keys: [] }, { keys: [KEY] }] as const;
  const all = [
    ...WHAT_USERS_DO.map((removed) => [taken, removed] as const),
    [another, []] as const,
    [keysAlone, []] as const,
  ];
  for (const [facts, removed] of all)
    for (let command = 0; await cutOff(facts, removed, command); command += 1);
});

test('sshd is not started anew where it would end, and its keys are taken away all the same', async (t) => {
  const machine = await Machine.make(t);
  machine.tell({ keys: [KEY] });
  await machine.sshdTest('echo line 3: bad >&2; exit 255');
  const error = t.throws(() => machine.tell({ proxy: PROXY, keys: [] }));
  t.regex((error as Error & { stderr: string }).stderr, /line 3: bad\nsshd refuses its configuration/);
  t.is(await machine.read('root/.ssh/authorized_keys'), undefined);
  t.is(await machine.read('called'), undefined);
  t.is(await machine.read('run/sshd.pid'), '123456\n');
  await machine.sshdTest('');
  machine.tell({ proxy: PROXY, keys: [] });
  t.is(await machine.read('called'), 'kill 123456\n');
  t.regex((await machine.read('etc/ssh/sshd_config.d/20-gocli-proxy.conf')) ?? '', /^SetEnv/);
});
