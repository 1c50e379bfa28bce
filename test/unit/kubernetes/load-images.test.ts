import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { loadScript } from '../../../gocli-ts/src/kubernetes/load-images.ts';
import { localRegistryScript } from '../../../gocli-ts/src/kubernetes/local-registry.ts';

const STATE = { name: 'c', ports: { '5000/tcp': 40_000 } };
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const image = (digit: string, ...names: string[]) => ({
  names,
  manifest: { digest: digest(digit), size: 1, mediaType: '', content: Buffer.alloc(0) },
});

/** Runs the script with a ctr that holds these names, and fails at a word. Returns what ctr was told. */
async function run(
  t: ExecutionContext,
  script: string,
  held: readonly string[],
  failing = 'never',
): Promise<{ exitCode: number | undefined; stdout: string; told: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-load-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [program, log] = [join(folder, 'ctr'), join(folder, 'log')];
  await writeFile(log, '');
  const lines = held.map((name) => `echo ${name}`).join('\n');
  await writeFile(
    program,
    `#!/bin/sh\ncase "$2" in ls) ${lines || ':'} ;; *) echo "$*" >>${log} ;; esac\n[ "$2" != ${failing} ]\n`,
  );
  await chmod(program, 0o755);
  // The part about /etc is of another test.
  const own = script.replace(/^\[ -e \/etc.*$/m, '');
  const { exitCode, stdout } = await execa('sh', ['-c', `set -eu\n${own}\nwait`], {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    reject: false,
  });
  const told = (await readFile(log, 'utf8')).trim().split('\n');
  return { exitCode, stdout, told: told.filter((line) => line !== '') };
}

test('a node pulls an image once, by its digest, and names it as often as it lacks names', async (t) => {
  const { script } = loadScript(
    [image('a', 'docker.io/library/a:1', 'docker.io/library/a:2', 'x/a:3')],
    STATE,
  );
  const { exitCode, stdout, told } = await run(t, script, ['docker.io/library/a:2']);
  t.is(exitCode, 0);
  t.is(stdout, 'docker.io/library/a:1\nx/a:3');
  const pulled = `registry:5000/gocli/load@${digest('a')}`;
  t.deepEqual(told, [
    `images pull --plain-http ${pulled}`,
    `images tag --force ${pulled} docker.io/library/a:1`,
    `images tag --force ${pulled} x/a:3`,
    `images rm ${pulled}`,
  ]);
});

test('what a node holds is left alone, and asked for by name and digest', async (t) => {
  const { script } = loadScript([image('a', 'x/a:1'), image('b', 'x/b:1')], STATE);
  const { stdout, told } = await run(t, script, ['x/a:1', 'x/b:1']);
  t.deepEqual([stdout, told], ['', []]);
  t.true(script.includes(`'name=="x/a:1",target.digest==${digest('a')}' 'name=="x/b:1"`), script);
});

for (const word of ['ls', 'pull', 'tag']) {
  test(`when ctr images ${word} fails, the script does, and what is not there is not told`, async (t) => {
    const { script } = loadScript([image('a', 'x/a:1'), image('b', 'x/b:1')], STATE);
    const { exitCode, stdout } = await run(t, script, [], word);
    t.not(exitCode, 0);
    t.is(stdout, '');
  });
}

test('a node learns once where localhost:<port> is, and what is there stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-certs-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const script = localRegistryScript(STATE).replaceAll('/etc/containerd/certs.d', folder);
  const file = join(folder, 'localhost:40000', 'hosts.toml');
  await execa('sh', ['-c', `set -eu\n${script}`]);
  t.is(await readFile(file, 'utf8'), "server = 'http://registry:5000'\n");
  await writeFile(file, 'mine');
  await execa('sh', ['-c', `set -eu\n${script}`]);
  t.is(await readFile(file, 'utf8'), 'mine');
});
