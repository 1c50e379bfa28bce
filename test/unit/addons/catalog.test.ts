import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readCatalog } from '../../../gocli-ts/src/addons/catalog.ts';
import type { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { CHECKOUT } from '../../helpers/cli.ts';

const head = (name: string, more = ''): string =>
  `apiVersion: gocli.io/v1\nkind: Addon\nname: ${name}\nversion: 1.0.0\nsummary: x\n${more}`;
const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n  namespace: default\n';

/** A checkout with these files below `manifests`. */
async function checkoutWith(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'gocli-addons-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, 'manifests', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return root;
}

/** All that is wrong, with paths below `manifests`. */
async function faultsOf(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string[]> {
  const root = await checkoutWith(t, files);
  const error = await t.throwsAsync<GocliError>(readCatalog(root), { code: 'BAD_FILE' });
  const lines = [error.message, ...(error.observed ?? '').split('\n')].filter((line) => line !== '');
  return lines.map((line) => line.replace(`${join(root, 'manifests')}/`, ''));
}

test('the addons of the checkout are right', async (t) => {
  const catalog = await readCatalog(CHECKOUT);
  t.true(catalog.size >= 5);
  for (const [name, addon] of catalog) {
    t.is(addon.name, name);
    t.regex(addon.digest, /^[0-9a-f]{12}$/);
    for (const image of addon.images) t.true(image.name.endsWith(`:v${addon.version}`), image.name);
  }
});

test('everything that is wrong is said at once, at its line, with the nearest key', async (t) => {
  const faults = await faultsOf(t, {
    'a/addon.yaml': head('b', 'imges: []\noptions:\n  n: { type: integer, describe: x, defalt: 1 }\n'),
    'a/10.yaml': CONFIG_MAP,
    'c/addon.yaml': head('c', 'needs: [d, nothing]\n'),
    'c/10.yaml': 'apiVersion: v1\nkind: ConfigMap\n',
    'd/addon.yaml': 'kind: [\n',
  });
  t.deepEqual(
    faults.map((line) => line.replace(/: Flow .*/, '')),
    [
      'a/addon.yaml:6:1: unknown key "imges". Did you mean "images"?',
      'a/addon.yaml:8:6: "options.n.default": Invalid input',
      'a/addon.yaml:8:36: unknown key "options.n.defalt". Did you mean "default"?',
      'c/10.yaml:1:1: not a Kubernetes object: metadata: Invalid input: expected object, received undefined',
      'c/addon.yaml:6:12: "needs": there is no addon "nothing".',
      'd/addon.yaml:2:1',
    ],
  );
});

test('circles of needs, images without a source and strange placeholders are named', async (t) => {
  const pod = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: default\nspec:\n  containers:\n    - image: quay.io/x/y:1\n`;
  const faults = await faultsOf(t, {
    'a/addon.yaml': head('a', 'needs: [b]\n'),
    'a/10.yaml': pod,
    'b/addon.yaml': head(
      'b',
      'needs: [a]\noptions:\n  size: { type: integer, describe: x, default: 9, maximum: 3 }\n',
    ),
    'b/10.yaml': `${CONFIG_MAP}data:\n  a: \${size} \${siz}\n  b: $(NODE) \${index}\n`,
  });
  t.deepEqual(faults, [
    'a/10.yaml:8:14: the image quay.io/x/y:1 has no source. Name it in "images" of addon.yaml.',
    'a/addon.yaml:6:9: "needs": these need each other: a -> b -> a',
    'b/10.yaml:7:6: there is no option "siz" in addon.yaml. Did you mean "size"?',
    'b/10.yaml:8:6: there is no option "index" in addon.yaml.',
    'b/addon.yaml:6:9: "needs": these need each other: b -> a -> b',
    'b/addon.yaml:8:9: "options.size": the default is more than 3',
  ]);
});

test('one that is built in has no manifests, another one has some, and each is called as its folder', async (t) => {
  const faults = await faultsOf(t, {
    'a/addon.yaml': head('b', 'builtIn: true\n'),
    'a/10.yaml': CONFIG_MAP,
    'c/addon.yaml': head('c'),
  });
  t.deepEqual(faults, [
    'a/addon.yaml:3:7: "name": the folder is called a',
    'a/addon.yaml:6:10: "builtIn": the manifests of such an addon are the provider\'s',
    'c/addon.yaml:1:1: there is no manifest beside c/addon.yaml',
  ]);
});

test('the digest is of what is applied, and of nothing else', async (t) => {
  const digestOf = async (text: string, manifest = CONFIG_MAP): Promise<string | undefined> => {
    const root = await checkoutWith(t, { 'a/addon.yaml': text, 'a/10.yaml': manifest });
    return (await readCatalog(root)).get('a')?.digest;
  };
  const plain = await digestOf(head('a'));
  t.is(await digestOf(head('a').replace('summary: x', 'summary: y # z')), plain);
  t.is(await digestOf(head('a'), `# a comment\n${CONFIG_MAP}`), plain);
  t.not(await digestOf(head('a'), `${CONFIG_MAP}data: { a: b }\n`), plain);
  t.not(await digestOf(head('a').replace('1.0.0', '1.0.1')), plain);
});

test('the network of the nodes is known to every manifest, and no option has its name', async (t) => {
  const manifest = `${CONFIG_MAP}data:\n  a: \${network}.7\n`;
  const right = await readCatalog(
    await checkoutWith(t, { 'a/addon.yaml': head('a'), 'a/10.yaml': manifest }),
  );
  t.deepEqual([...right.keys()], ['a']);
  const options = 'options:\n  network: { type: integer, describe: x, default: 1 }\n';
  const faults = await faultsOf(t, { 'a/addon.yaml': head('a', options), 'a/10.yaml': manifest });
  t.deepEqual(faults, ['a/addon.yaml:7:12: "options.network": ${network} is gocli\'s own']);
});

test('an option that may not be less than another is so by default, and the other is an integer', async (t) => {
  const options = `options:
  first: { type: integer, describe: x, default: 3 }
  word: { type: string, describe: x, default: a }
  last: { type: integer, describe: x, default: 2, atLeast: first }
  none: { type: integer, describe: x, default: 2, atLeast: word }
`;
  t.deepEqual(await faultsOf(t, { 'a/addon.yaml': head('a', options), 'a/10.yaml': CONFIG_MAP }), [
    'a/addon.yaml:9:9: "options.last": the default is less than 3, the value of first',
    'a/addon.yaml:10:9: "options.none": "atLeast": there is no integer "word"',
  ]);
});
