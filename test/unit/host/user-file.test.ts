import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { changeUserFile } from '../../../gocli-ts/src/host/user-file.ts';
import { systemClock } from '../../../gocli-ts/src/shared/clock.ts';

const DEPS = { clock: systemClock, signal: new AbortController().signal };

/** An access list of acl(5): its version, and each entry's tag, rights and id. */
function accessList(): string {
  const NOBODY = 0xffffffff;
  const entries: readonly (readonly [number, number, number])[] = [
    [0x01, 6, NOBODY],
    [0x02, 4, 12345],
    [0x04, 0, NOBODY],
    [0x10, 4, NOBODY],
    [0x20, 0, NOBODY],
  ];
  const bytes = Buffer.alloc(4 + entries.length * 8);
  bytes.writeUInt32LE(2, 0);
  for (const [at, [tag, rights, id]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 4 + at * 8);
    bytes.writeUInt16LE(rights, 6 + at * 8);
    bytes.writeUInt32LE(id, 8 + at * 8);
  }
  return bytes.toString('hex');
}

/** setxattr(2) and getxattr(2), whose programs few systems have, by the perl that every Debian has. */
const SET = `my ($file, $value) = @ARGV; my $name = "system.posix_acl_access"; my $bytes = pack("H*", $value);
  exit(syscall(188, $file, $name, $bytes, length($bytes), 0) == 0 ? 0 : 1)`;
const GET = `my $file = shift; my $name = "system.posix_acl_access"; my $bytes = "\\0" x 256;
  my $length = syscall(191, $file, $name, $bytes, 256); print unpack("H*", substr($bytes, 0, $length > 0 ? $length : 0))`;

function perl(script: string, ...words: string[]): { status: number | null; stdout: string } {
  return spawnSync('perl', ['-e', script, ...words], { encoding: 'utf8' });
}

test('the access list of a file stays; without it its mask would be rights of the group', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'config');
  await writeFile(file, 'before\n', { mode: 0o600 });
  t.is(perl(SET, file, accessList()).status, 0);
  await changeUserFile(file, () => 'after\n', DEPS, false);
  t.is(await readFile(file, 'utf8'), 'after\n');
  t.is(perl(GET, file).stdout, accessList());
  await changeUserFile(file, () => 'secret\n', DEPS, true);
  t.is((await stat(file)).mode & 0o777, 0o600, 'the mask takes away what the list gives');
});

/** What a script of a module says as another user; undefined where this one is not root, who alone can be another. */
function asNobody(script: string): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const source = (name: string): string =>
    JSON.stringify(new URL(`../../../gocli-ts/src/${name}`, import.meta.url).href);
  // Loaded before the rights are given up: what is built may lie where nobody may look.
  const whole = `const { isPlainFile, changeUserFile } = await import(${source('host/user-file.js')});
    const { systemClock: clock } = await import(${source('shared/clock.js')});
    process.setgroups([]); process.setgid(65534); process.setuid(65534);
    const deps = { clock, signal: new AbortController().signal };
    ${script}`;
  // Nor may that user write where the coverage of the tests is collected.
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', whole], {
    cwd: '/',
    env,
  });
  return `${stdout.toString()}${stderr.toString()}`;
}

test('a file that nobody can say is there is no file that is not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = JSON.stringify(join(folder, 'config'));
  const said = asNobody(`await isPlainFile(${file}).catch(({ code }) => console.log(code));`);
  t.is(said ?? 'FILE\n', 'FILE\n');
});

test('a file in a folder that takes no other one is written in place', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const file = join(folder, 'config');
  await writeFile(file, 'before\n', { mode: 0o644 });
  await chown(file, 65534, 65534).catch(() => undefined);
  const said = asNobody(`await changeUserFile(${JSON.stringify(file)}, () => 'after\\n', deps, true);`);
  t.is(said ?? '', '');
  if (said === undefined) return;
  t.is(await readFile(file, 'utf8'), 'after\n');
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.deepEqual(await readdir(folder), ['config']);
});

test('a process that ends at once leaves no lock beside the file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const source = (name: string): string =>
    JSON.stringify(new URL(`../../../gocli-ts/src/${name}`, import.meta.url).href);
  const script = `import { changeUserFile } from ${source('host/user-file.js')};
    import { systemClock } from ${source('shared/clock.js')};
    import { readdirSync } from 'node:fs';
    const edit = () => process.exit(40 + readdirSync(${JSON.stringify(folder)}).length);
    const deps = { clock: systemClock, signal: new AbortController().signal };
    await changeUserFile(${JSON.stringify(join(folder, 'config'))}, edit, deps, true);`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  t.is(status, 41, stderr.toString());
  t.deepEqual(await readdir(folder), []);
});
