import test from 'ava';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { renderKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { mergeKubeconfig, unmergeKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig-merge.ts';

const NAME = 'k8s-1.36';
const ADDED = renderKubeconfig(NAME, {
  server: 'https://127.0.0.1:40001',
  ca: 'ca',
  cert: 'cert',
  key: 'key',
});

const OTHERS = `# my clusters
apiVersion: v1
kind: Config
preferences: {colors: true}
x-mine: # nobody knows this
  - a
clusters:
  - name: work # the big one
    cluster:
      server: https://work.example:6443
      proxy-url: http://proxy.example
contexts:
  - name: work
    context: { cluster: work, user: me, namespace: team }
users:
  - name: me
    user:
      exec: { apiVersion: client.authentication.k8s.io/v1, command: login }
current-context: work
`;

interface Entry {
  readonly name: string;
}
interface Kubeconfig {
  readonly clusters: Entry[];
  readonly contexts: Entry[];
  readonly users: Entry[];
  readonly 'current-context': string;
}

function read(text: string): Kubeconfig {
  return parse(text) as Kubeconfig;
}

test('an empty file becomes the kubeconfig itself', (t) => {
  for (const empty of ['', '\n', '---\n', '# only a comment\n']) {
    t.deepEqual(parse(mergeKubeconfig(empty, ADDED, NAME)), parse(ADDED));
  }
});

test('other entries, unknown keys and comments stay, the context becomes the current one', (t) => {
  const merged = mergeKubeconfig(OTHERS, ADDED, NAME);
  const before = read(OTHERS);
  const after = read(merged);
  t.deepEqual(after, {
    ...before,
    clusters: [...before.clusters, ...read(ADDED).clusters],
    contexts: [...before.contexts, ...read(ADDED).contexts],
    users: [...before.users, ...read(ADDED).users],
    'current-context': NAME,
  });
  for (const comment of ['# my clusters', '# nobody knows this', '# the big one'])
    t.true(merged.includes(comment), comment);
});

test('merging again replaces the entry', (t) => {
  const second = renderKubeconfig(NAME, {
    server: 'https://127.0.0.1:40002',
    ca: 'ca2',
    cert: 'c',
    key: 'k',
  });
  const merged = mergeKubeconfig(mergeKubeconfig(OTHERS, ADDED, NAME), second, NAME);
  t.deepEqual(read(merged).clusters, [...read(OTHERS).clusters, ...read(second).clusters]);
  t.is(mergeKubeconfig(merged, second, NAME), merged);
});

test('what kubectl writes for empty lists is understood', (t) => {
  const emptied = 'apiVersion: v1\nclusters: null\ncontexts: []\ncurrent-context: ""\nkind: Config\nusers:\n';
  t.deepEqual(parse(mergeKubeconfig(emptied, ADDED, NAME)), parse(ADDED));
});

test('a cluster of the same name elsewhere is neither replaced nor removed', (t) => {
  const foreign = renderKubeconfig(NAME, {
    server: 'https://prod.example:6443',
    ca: 'ca',
    cert: 'cert',
    key: 'key',
  });
  const error = t.throws(() => mergeKubeconfig(foreign, ADDED, NAME), { instanceOf: GocliError });
  t.is(error.code, 'CONFLICT');
  t.regex(error.message, /prod\.example/);
  t.is(unmergeKubeconfig(foreign, NAME), undefined);
});

test('a file that is no kubeconfig is refused', (t) => {
  for (const bad of ['a: [', '- a\n- b\n', 'clusters: {a: b}\n', 'just text']) {
    t.is(t.throws(() => mergeKubeconfig(bad, ADDED, NAME), { instanceOf: GocliError }).code, 'BAD_FILE', bad);
  }
});

test('removing takes out what merging put in, and only that', (t) => {
  const removed = unmergeKubeconfig(mergeKubeconfig(OTHERS, ADDED, NAME), NAME);
  t.deepEqual(parse(removed ?? ''), { ...read(OTHERS), 'current-context': '' });
  t.is(unmergeKubeconfig(OTHERS, NAME), undefined);
  t.is(unmergeKubeconfig('', NAME), undefined);
});

test('removing leaves another current context alone', (t) => {
  const merged = mergeKubeconfig(OTHERS, ADDED, NAME).replace(
    `current-context: ${NAME}`,
    'current-context: work',
  );
  t.is(read(unmergeKubeconfig(merged, NAME) ?? '')['current-context'], 'work');
});

const entries = fc.uniqueArray(
  fc.record({ name: fc.string({ minLength: 1 }).filter((name) => name !== NAME), extra: fc.jsonValue() }),
  { selector: ({ name }) => name, maxLength: 4 },
);
const kubeconfigs = fc
  .record({
    rest: fc.dictionary(
      fc.string({ minLength: 1 }).map((key) => `x-${key}`),
      fc.jsonValue(),
    ),
    clusters: entries,
    contexts: entries,
    users: entries,
  })
  .map(({ rest, ...lists }) => ({ ...rest, ...lists }));

test('property: whatever is there survives a merge and the removal after it', (t) => {
  fc.assert(
    fc.property(kubeconfigs, (config) => {
      const text = stringify(config);
      const merged = mergeKubeconfig(text, ADDED, NAME);
      const added = read(ADDED);
      t.deepEqual(
        parse(merged),
        parse(
          stringify({
            ...config,
            clusters: [...config.clusters, ...added.clusters],
            contexts: [...config.contexts, ...added.contexts],
            users: [...config.users, ...added.users],
            'current-context': NAME,
          }),
        ),
      );
      t.deepEqual(parse(unmergeKubeconfig(merged, NAME) ?? ''), {
        ...(parse(text) as object),
        'current-context': '',
      });
    }),
    { numRuns: 200 },
  );
});
