import { once } from 'node:events';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { CHECKOUT } from './cli.ts';

/** The checkout's scripts, in a folder of their own that counts as an installed package: nothing is built there. */
export interface ScriptCheckout {
  readonly root: string;
  /** A machine with nothing but what the scripts need themselves: no apt-get, no compiler, no Go. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a script, named from the root, where it stands; a variable that is undefined is not set. */
  readonly run: (
    words: readonly string[],
    env?: Readonly<Record<string, string | undefined>>,
  ) => Promise<Ended>;
}

interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const NEEDED =
  'awk basename bash cat cksum dirname env find grep head id make mkdir mktemp ln node readlink rm sed sort tail tee timeout tr'.split(
    ' ',
  );

/** Says where it lies and what it was asked; `ls` lists $CLUSTERS. */
const GOCLI = `
const words = process.argv.slice(2);
if (words[0] === 'ls') console.log(process.env.CLUSTERS ?? '');
else console.log(process.argv[1], words.join(' '), process.env.GOCLI_COMMAND ?? '-', process.env.GOCLI_CLUSTER ?? '');
`;

/** @param name of the folder */
export async function scriptCheckout(t: ExecutionContext, name = 'checkout'): Promise<ScriptCheckout> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gocli-scripts-')));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, name);
  await layOut(root);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const tool of NEEDED) await symlink(await find(tool), join(bin, tool));
  await writeFile(join(bin, 'docker'), '#!/usr/bin/env bash\necho "docker $*"\n', { mode: 0o755 });
  const env = { PATH: bin, HOME: join(folder, 'home'), DOCKER_HOST: await daemon(t, folder) };
  return {
    root,
    env,
    run: async ([file = '', ...argv], changed = {}) => {
      // A bash whose input is a socket, as a pipe of Node is, reads the settings of interactive shells.
      const surroundings = {
        cwd: root,
        env: { ...env, ...changed },
        extendEnv: false,
        stdin: 'ignore',
      } as const;
      const { exitCode, stdout, stderr } = await execa(file, argv, { ...surroundings, reject: false });
      return { exitCode, stdout, stderr };
    },
  };
}

/** The scripts, a gocli that says what it was asked, and a program for tests that says where it runs. */
export async function layOut(root: string): Promise<void> {
  for (const part of ['cluster-up', '.ci', 'Makefile', 'cluster-provision/k8s/1.36'])
    await cp(join(CHECKOUT, part), join(root, part), { recursive: true });
  for (const part of ['gocli-ts/bin', 'dist/cli', 'node_modules/.bin'])
    await mkdir(join(root, part), { recursive: true });
  await writeFile(join(root, 'gocli-ts/bin/gocli.js'), `#!/usr/bin/env node\n${GOCLI}`, { mode: 0o755 });
  await writeFile(join(root, 'dist/cli/main.js'), '\n');
  const program = '#!/usr/bin/env bash\necho "$PWD"\n';
  await writeFile(join(root, 'node_modules/.bin/c8'), program, { mode: 0o755 });
}

/** A daemon that has the image of the provider `there`, and no other. */
async function daemon(t: ExecutionContext, folder: string): Promise<string> {
  const socket = join(folder, 'docker.sock');
  const server = createServer(({ url = '' }, response) => {
    response.writeHead(url === '/_ping' || url.includes('/there:') ? 200 : 404).end();
  }).listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `unix://${socket}`;
}

async function find(tool: string): Promise<string> {
  if (tool === 'node') return process.execPath;
  const found = (process.env['PATH'] ?? '').split(delimiter).map((folder) => realpath(join(folder, tool)));
  return Promise.any(found);
}
