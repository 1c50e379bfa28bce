import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CHECKOUT, command } from '../../helpers/cli.ts';

const HOUSE = join(CHECKOUT, 'gocli-ts', 'house.config.js');

async function floors(): Promise<readonly (readonly string[])[]> {
  const { FLOORS } = (await import(HOUSE)) as { FLOORS: readonly (readonly string[])[] };
  return FLOORS;
}

/** What the tool says of a tree of these files below src, as `make lint` calls it. */
async function judge(t: ExecutionContext, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'gocli-house-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  await writeFile(join(root, 'tsconfig.json'), '{ "compilerOptions": { "module": "nodenext" } }');
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, 'gocli-ts', 'src', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const tool = join(CHECKOUT, 'node_modules', '.bin', 'depcruise');
  const { exitCode, stdout } = await command([tool, '--config', HOUSE, 'gocli-ts/src'], { cwd: root });
  return exitCode === 0 ? 'fine' : stdout;
}

const THING = 'export const thing = 1;\n';

test('what goes down the floors is fine', async (t) => {
  const files = {
    'errors/thing.ts': THING,
    'rig/kind.ts': "import { thing } from '../errors/thing.ts';\nexport const kind = thing;\n",
    'kubernetes/kind.ts': "export { kind } from '../rig/kind.ts';\n",
  };
  t.is(await judge(t, files), 'fine');
});

test('a planted import of a kind, of a sibling, of a floor above, work in cli, and a strange folder are refused', async (t) => {
  const importing = (path: string): string => `import { thing } from '${path}';\nexport const x = thing;\n`;
  const said = await judge(t, {
    'kubernetes/thing.ts': THING,
    'host/thing.ts': THING,
    'rig/thing.ts': THING,
    'rig/kind.ts': importing('../kubernetes/thing.ts'),
    'ssh/sibling.ts': importing('../host/thing.ts'),
    // A type alone is an import, too.
    'frozen/above.ts': "import type { thing } from '../rig/thing.ts';\nexport type Thing = typeof thing;\n",
    'attic/new.ts': importing('../host/thing.ts'),
    'cli/work.ts': importing('../host/thing.ts'),
  });
  t.regex(said, /floor-of-rig: .*rig\/kind\.ts → .*kubernetes\/thing\.ts/);
  t.regex(said, /floor-of-ssh: .*ssh\/sibling\.ts → .*host\/thing\.ts/);
  t.regex(said, /floor-of-frozen: .*frozen\/above\.ts → .*rig\/thing\.ts/);
  t.regex(said, /every-folder-is-a-room: .*attic\/new\.ts/);
  t.regex(said, /cli-asks-api: .*cli\/work\.ts → .*host\/thing\.ts/);
});

test('files that load each other are refused', async (t) => {
  const said = await judge(t, {
    'rig/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
    'rig/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
  });
  t.regex(said, /no-cycles: .*rig\/[ab]\.ts/);
});

test('the picture in ARCHITECTURE.md is the house', async (t) => {
  const page = await readFile(join(CHECKOUT, 'ARCHITECTURE.md'), 'utf8');
  const picture = /<!-- house:begin -->\n```text\n(.*?)```\n<!-- house:end -->/s.exec(page)?.[1] ?? '';
  const drawn = picture
    .split('\n')
    .filter((line) => /^ {2}[a-z]/.test(line))
    .map((line) => [...line.slice(0, 24).matchAll(/([a-z]+)\//g)].map(([, room = '']) => room).sort())
    // The files at the top of src are in the picture, too.
    .filter((rooms) => rooms.length > 0);
  t.deepEqual(
    drawn.reverse(),
    (await floors()).map((floor) => [...floor].sort()),
  );
});

test('a kind needs no more of rig than ARCHITECTURE.md names: the tiny guest imports nothing else', async (t) => {
  const page = await readFile(join(CHECKOUT, 'ARCHITECTURE.md'), 'utf8');
  const recipe = /^## How to add a kind\n(.*?)^## /ms.exec(page)?.[1] ?? '';
  const named = [...recipe.matchAll(/`([a-z-]+(?:\/[a-z-]+)*\.ts)`/g)].map(([, path = '']) => path);
  const source = await readFile(join(CHECKOUT, 'test', 'kinds', 'tiny.ts'), 'utf8');
  const imported = [...source.matchAll(/from '(?:\.\.\/)+gocli-ts\/src\/([^']+)'/g)].map(
    ([, path = '']) => path,
  );
  t.true(imported.length > 0);
  t.deepEqual(
    imported.filter((path) => !named.includes(path)),
    [],
  );
});

/** What only Kubernetes has: its programs, its store and its users' file. */
const KUBERNETES_WORDS = /kubelet|crictl|kubeadm|kubectl|kubeconfig|etcd/i;

/** The code of a file, without its comments. */
function codeOf(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

test('no code up to rig/ hears of Kubernetes', async (t) => {
  t.is(codeOf("/** kubelet */\n// etcd\nconst x = 'https://a'; // kubectl"), "\n\nconst x = 'https://a'; ");
  const all = await floors();
  const below = all
    .slice(
      0,
      all.findIndex((floor) => floor.includes('kubernetes')),
    )
    .flat();
  t.true(below.includes('rig'));
  const src = join(CHECKOUT, 'gocli-ts', 'src');
  const found: string[] = [];
  for (const room of below) {
    for (const path of await readdir(join(src, room), { recursive: true })) {
      if (!path.endsWith('.ts')) continue;
      const code = codeOf(await readFile(join(src, room, path), 'utf8'));
      const word = KUBERNETES_WORDS.exec(code)?.[0];
      if (word !== undefined) found.push(`${room}/${path}: ${word}`);
    }
  }
  t.deepEqual(found, []);
});
