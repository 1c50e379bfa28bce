import { mkdir, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'ava';
import { openIsland, type Island } from '../helpers/island.ts';
import { changeSince, takeCensus } from './census.ts';

let island: Island;

test.before('a daemon with an image of nothing', async () => {
  island = await openIsland();
  await docker('import', '-', 'nothing:latest');
});

test.after.always('the daemon ends', () => island.close());

async function docker(...words: string[]): Promise<void> {
  // An empty archive: two blocks of zeros.
  const child = spawn('docker', words, {
    env: { ...process.env, ...island.env },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(Buffer.alloc(1024));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`docker ${words.join(' ')}: ${code.toString()}`);
}

/** Leaves a thing, and returns what takes it away. */
type Leave = () => Promise<() => unknown>;

const create =
  (name: string, ...flags: string[]): Leave =>
  async () => {
    await docker('create', `--name=${name}`, '--network=none', ...flags, 'nothing', 'x');
    return () => docker('rm', '--volumes', name);
  };

const file =
  (folder: string): Leave =>
  async () => {
    const path = join(island.folder, folder);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, '');
    return () => rm(path);
  };

/** A process of the island that says when it is there. */
async function start(argv: readonly string[], script: string): Promise<() => unknown> {
  const [program, ...words] = [...argv, process.execPath, '-e', script];
  const child = spawn(program, words, {
    env: { ...process.env, ...island.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return () => child.kill('SIGKILL');
}

const WAIT = 'setInterval(() => undefined, 1000);';

/** One of each kind; what is left is told by a line that has these words. */
const LEFT: readonly (readonly [what: string, words: RegExp, leave: Leave])[] = [
  [
    'a container with a label',
    /^container labelled created$/,
    create('labelled', '--label=io.gocli.role=node'),
  ],
  ['a container without labels', /^container bare created$/, create('bare')],
  [
    'a volume with a label',
    /^volume labelled$/,
    async () => {
      await docker('volume', 'create', '--label=io.gocli.cluster=x', 'labelled');
      return () => docker('volume', 'rm', 'labelled');
    },
  ],
  [
    'a volume without labels or name',
    /^volume [0-9a-f]{64}$/,
    async () => {
      await docker('create', '--name=passing', '--volume=/data', '--network=none', 'nothing', 'x');
      await docker('rm', 'passing');
      return () => docker('volume', 'prune', '--force');
    },
  ],
  [
    'a saved state in a volume that stays',
    /^saved state number 1 in rest$/,
    async () => {
      await docker('volume', 'create', 'rest');
      await mkdir(join(island.dataRoot, 'volumes', 'rest', '_data', 'snapshots', '0123'), {
        recursive: true,
      });
      return () => docker('volume', 'rm', 'rest');
    },
  ],
  [
    'a network',
    /^network own$/,
    async () => {
      await docker('network', 'create', 'own');
      return () => docker('network', 'rm', 'own');
    },
  ],
  [
    'an image',
    /^image .* left:latest$/,
    async () => {
      await docker('tag', 'nothing', 'left');
      return () => docker('rmi', 'left');
    },
  ],
  ['a process', /^process .*setInterval/, () => start([], `console.log(1); ${WAIT}`)],
  ['a temporary file', /^file tmp\/x$/, file('tmp/x')],
  [
    'a file of the state folder',
    /^file state\/gocli\/clusters\/x\/cluster.json$/,
    file('state/gocli/clusters/x/cluster.json'),
  ],
  ['when a template was used that is not there', /\.used$/, file('state/gocli/templates/0123.used')],
  ['a file of the cache', /^file cache\/gocli\/kubectl\/x$/, file('cache/gocli/kubectl/x')],
  [
    'a tap',
    /^link tap9$/,
    async () => {
      await island.run(['ip', 'tuntap', 'add', 'tap9', 'mode', 'tap']);
      return () => island.run(['ip', 'link', 'delete', 'tap9']);
    },
  ],
  [
    'a lock',
    /^lock 0123$/,
    () =>
      start(
        island.enter,
        `require('net').createServer().listen('\\0gocli/0123', () => console.log(1)); ${WAIT}`,
      ),
  ],
];

for (const [what, words, leave] of LEFT) {
  test.serial(`the census finds ${what} that is left`, async (t) => {
    const before = await takeCensus(island);
    const takeAway = await leave();
    try {
      const { left } = await changeSince(before, island, 0);
      t.true(
        left.some((line) => words.test(line)),
        left.join('\n'),
      );
    } finally {
      await takeAway();
    }
    t.deepEqual(await changeSince(before, island), { left: [], gone: [] });
  });
}
