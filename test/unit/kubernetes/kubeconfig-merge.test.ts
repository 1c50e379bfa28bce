import test from 'ava';
import fc from 'fast-check';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { renderKubeconfig } from '../../../gocli-ts/src/kubernetes/kubeconfig.ts';
import {
  mergeKubeconfig,
  renameInKubeconfig,
  unmergeKubeconfig,
} from '../../../gocli-ts/src/kubernetes/kubeconfig-merge.ts';

const NAME = 'k8s-1.36';
const ADDED = rendered(NAME, 'https://127.0.0.1:40001');

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

type Body = Record<string, unknown>;
interface Kubeconfig {
  readonly clusters: { name: string; cluster: Body }[];
  readonly contexts: { name: string; context: Body }[];
  readonly users: { name: string; user: Body }[];
  readonly 'current-context': string;
}

function rendered(name: string, server: string): string {
  return renderKubeconfig(name, { server, ca: 'ca', cert: 'cert', key: 'key' });
}

function read(text: string | undefined): Kubeconfig {
  return parse(text ?? '') as Kubeconfig;
}

/** The kubeconfig without the marks in it. */
function unmarked(text: string): unknown {
  return JSON.parse(JSON.stringify(parse(text)), (key, value: unknown) =>
    key === 'extensions' ? undefined : value,
  ) as unknown;
}

function unmerge(text: string, written?: string): string | undefined {
  return unmergeKubeconfig(text, NAME, written, true);
}

/** What client-go makes of a file that it writes again: sorted keys, other quotes, no comments. */
function rewritten(text: string): string {
  return stringify(parse(text), { sortMapEntries: true, indentSeq: false });
}

test('an empty file becomes the kubeconfig itself', (t) => {
  for (const empty of ['', '\n', '---\n', '# only a comment\n', '\uFEFF', 'null\n', '{}\n']) {
    t.deepEqual(unmarked(mergeKubeconfig(empty, ADDED, NAME)), parse(ADDED), empty);
  }
  t.regex(mergeKubeconfig('# only a comment\n', ADDED, NAME), /# only a comment\n/);
});

test('other entries, unknown keys and comments stay, the context becomes the current one', (t) => {
  const merged = mergeKubeconfig(OTHERS, ADDED, NAME);
  const before = read(OTHERS);
  t.deepEqual(unmarked(merged), {
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
  const second = rendered(NAME, 'https://127.0.0.1:40002');
  const merged = mergeKubeconfig(mergeKubeconfig(OTHERS, ADDED, NAME), second, NAME);
  t.is(read(merged).clusters.length, 2);
  t.like(read(merged).clusters[1], { name: NAME, cluster: { server: 'https://127.0.0.1:40002' } });
  t.is(mergeKubeconfig(merged, second, NAME), merged);
  const working = merged.replace(
    `      cluster: "${NAME}"\n`,
    `      cluster: "${NAME}"\n      namespace: mine\n`,
  );
  t.not(working, merged);
  t.deepEqual(read(mergeKubeconfig(working, second, NAME)), read(working), 'it is where the user works');
});

test('what kubectl writes for empty lists is understood', (t) => {
  const emptied = 'apiVersion: v1\nclusters: null\ncontexts: []\ncurrent-context: ""\nkind: Config\nusers:\n';
  t.deepEqual(unmarked(mergeKubeconfig(emptied, ADDED, NAME)), parse(ADDED));
});

test('entries of that name that others wrote are neither replaced nor removed', (t) => {
  for (const server of ['https://prod.example:6443', 'https://127.0.0.1:32771']) {
    const foreign = rendered(NAME, server);
    const error = t.throws(() => mergeKubeconfig(foreign, ADDED, NAME), { instanceOf: GocliError });
    t.is(error.code, 'CONFLICT');
    t.regex(error.hint ?? '', /kubectl config delete-cluster k8s-1\.36/);
    t.is(unmerge(foreign), undefined);
    t.is(unmerge(foreign, ADDED), undefined);
    t.is(unmerge(foreign, 'a: ['), undefined);
  }
});

test('entries stay ours when client-go rewrites the file, and when kubectl sets the namespace', (t) => {
  const again = rewritten(mergeKubeconfig(OTHERS, ADDED, NAME));
  t.deepEqual(parse(unmerge(again) ?? ''), { ...read(OTHERS), 'current-context': '' });
  const namespaced = again.replace(`    cluster: ${NAME}\n`, `    cluster: ${NAME}\n    namespace: mine\n`);
  t.not(namespaced, again);
  t.deepEqual(parse(unmerge(namespaced) ?? ''), { ...read(OTHERS), 'current-context': '' });
});

test('an entry that was changed since is not ours any more; the others go', (t) => {
  const merged = mergeKubeconfig(OTHERS, ADDED, NAME);
  const changed = merged.replace('https://127.0.0.1:40001', 'https://tunnel.example:6443');
  t.throws(() => mergeKubeconfig(changed, ADDED, NAME), { code: 'CONFLICT' });
  const left = read(unmerge(changed));
  t.deepEqual(
    left.clusters.map(({ cluster }) => cluster['server']),
    ['https://work.example:6443', 'https://tunnel.example:6443'],
  );
  t.deepEqual(left.users, read(OTHERS).users);
  t.deepEqual(left.contexts, read(OTHERS).contexts);
});

test('a mark that was copied to another name is not ours', (t) => {
  const copied = mergeKubeconfig('', rendered('other', 'https://127.0.0.1:40001'), 'other').replaceAll(
    'other',
    NAME,
  );
  t.is(unmerge(copied), undefined);
});

test('what was written without marks goes when all of it equals the kubeconfig of the cluster', (t) => {
  const old = stringify({ ...read(OTHERS), ...read(ADDED) }, { lineWidth: 0 });
  t.is(unmerge(old), undefined);
  t.deepEqual(read(unmerge(old, ADDED)).clusters, []);
  t.is(unmerge(old.replace(`user: ${NAME}`, 'user: me'), ADDED), undefined);
  t.is(read(mergeKubeconfig(old, ADDED, NAME)).clusters.length, 1, 'and may be replaced');
  // Versions before wrote names that client-go does not take for strings.
  const no = stringify(parse(rendered('no', 'https://127.0.0.1:40001')));
  t.regex(no, /name: no\n/);
  t.not(unmergeKubeconfig(no, 'no', rendered('no', 'https://127.0.0.1:40001'), true), undefined);
});

test('entries of a renamed cluster carry its new name, and keep namespace and what is the current context', (t) => {
  const now = rendered('kept', 'https://127.0.0.1:40001');
  const renamed = { from: NAME, to: 'kept', before: ADDED };
  const merged = mergeKubeconfig(OTHERS, ADDED, NAME);
  t.deepEqual(
    unmarked(renameInKubeconfig(merged, renamed, true) ?? ''),
    unmarked(mergeKubeconfig(OTHERS, now, 'kept')),
  );
  const lists = ['clusters', 'users', 'contexts'] as const;
  // Those of a version before the mark are known by the cluster's own kubeconfig alone.
  t.deepEqual(unmarked(renameInKubeconfig(ADDED, renamed, true) ?? ''), parse(now));
  t.not(
    unmergeKubeconfig(renameInKubeconfig(ADDED, renamed, true) ?? '', 'kept', undefined, true),
    undefined,
  );
  const away = mergeKubeconfig(OTHERS, ADDED, NAME, { lists, current: false });
  t.is(read(renameInKubeconfig(away, renamed, true))['current-context'], 'work');
  const other = parse(merged) as { contexts: { context: Body }[] };
  for (const { context } of other.contexts) context['namespace'] = 'team';
  const kept = renameInKubeconfig(stringify(other), renamed, true) ?? '';
  t.like(read(kept).contexts.at(-1), { name: 'kept', context: { namespace: 'team', user: 'kept' } });
  t.deepEqual(unmarked(unmergeKubeconfig(kept, 'kept', undefined, true) ?? ''), {
    ...read(OTHERS),
    'current-context': '',
  });
});

test("what is not gocli's keeps the old name, and the new name of another is not taken", (t) => {
  t.is(renameInKubeconfig(OTHERS, { from: 'work', to: 'kept', before: undefined }, false), undefined);
  const merged = mergeKubeconfig(OTHERS, ADDED, NAME);
  t.throws(() => renameInKubeconfig(merged, { from: NAME, to: 'work', before: ADDED }, true), {
    code: 'CONFLICT',
  });
});

test('a file that is no kubeconfig is refused', (t) => {
  for (const bad of [
    'a: [',
    '- a\n- b\n',
    'clusters: {a: b}\n',
    'just text',
    'a:\n\t- b\n',
    'a: *nowhere\n',
  ]) {
    t.is(t.throws(() => mergeKubeconfig(bad, ADDED, NAME), { instanceOf: GocliError }).code, 'BAD_FILE', bad);
  }
});

test('removing takes out what merging put in, and only that', (t) => {
  const removed = unmerge(mergeKubeconfig(OTHERS, ADDED, NAME));
  t.deepEqual(parse(removed ?? ''), { ...read(OTHERS), 'current-context': '' });
  t.is(unmerge(OTHERS), undefined);
  t.is(unmerge(''), undefined);
});

test('removing leaves another current context alone', (t) => {
  const merged = mergeKubeconfig(OTHERS, ADDED, NAME).replace(
    `current-context: "${NAME}"`,
    'current-context: work',
  );
  t.is(read(unmerge(merged))['current-context'], 'work');
  t.is(
    read(unmergeKubeconfig(mergeKubeconfig(OTHERS, ADDED, NAME), NAME, undefined, false))['current-context'],
    NAME,
  );
});

test('of repeated keys the last counts, as for client-go, and all stay', (t) => {
  const repeated = `clusters: []\ncurrent-context: a\n${OTHERS}users: [{name: last, user: {}}]\n`;
  const merged = mergeKubeconfig(repeated, ADDED, NAME);
  t.is(parseAllDocuments(merged, { uniqueKeys: false })[0]?.errors.length, 0);
  t.regex(merged, /^clusters: \[\]\n/);
  const last = parse(merged, { uniqueKeys: false }) as Kubeconfig;
  t.deepEqual(
    last.clusters.map(({ name }) => name),
    ['work', NAME],
  );
  t.deepEqual(
    last.users.map(({ name }) => name),
    ['last', NAME],
  );
  t.is(last['current-context'], NAME);
  t.deepEqual(parse(unmerge(merged) ?? '', { uniqueKeys: false }), {
    ...(parse(repeated, { uniqueKeys: false }) as object),
    'current-context': '',
  });
});

test('further documents are not looked at and stay as they are, whatever they are', (t) => {
  for (const rest of ['---\nkind: Secret\n', '---\n a: [\n  broken', '...\n---\n# end\n']) {
    const merged = mergeKubeconfig(OTHERS + rest, ADDED, NAME);
    t.true(merged.endsWith(rest), merged);
    t.is(parseAllDocuments(merged)[0]?.errors.length, 0);
    t.true(unmerge(merged)?.endsWith(rest));
  }
});

test('scalars that are only carried along are written as they were read', (t) => {
  const odd =
    'x: [no, 0b1, 0o17, 1_000, ~, 123456789012345678901234567890, 1:30]\ny: "1"\nz: !!binary aGk=\n';
  const merged = mergeKubeconfig(odd, ADDED, NAME);
  for (const word of [
    'no, 0b1, 0o17, 1_000, ~, 123456789012345678901234567890, 1:30',
    'y: "1"',
    '!!binary aGk=',
  ])
    t.true(merged.includes(word), merged);
});

test.serial('what is odd in parts of others is not told to anybody', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on('warning', onWarning);
  unmerge(mergeKubeconfig('? [a, b]\n: c\nx: !mine y\n', ADDED, NAME));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  t.deepEqual(warnings, []);
});

test('line ends, byte order mark and JSON stay', (t) => {
  const windows = mergeKubeconfig(OTHERS.replaceAll('\n', '\r\n'), ADDED, NAME);
  t.notRegex(windows, /[^\r]\n/);
  t.deepEqual(parse(windows), parse(mergeKubeconfig(OTHERS, ADDED, NAME)));
  t.is(mergeKubeconfig(`\uFEFF${OTHERS}`, ADDED, NAME), `\uFEFF${mergeKubeconfig(OTHERS, ADDED, NAME)}`);
  const json = mergeKubeconfig(JSON.stringify(parse(OTHERS)), ADDED, NAME);
  t.deepEqual(JSON.parse(json), parse(mergeKubeconfig(OTHERS, ADDED, NAME)));
  t.deepEqual(JSON.parse(unmerge(json) ?? ''), { ...read(OTHERS), 'current-context': '' });
});

test('anchors and aliases stay; where that cannot be, nothing is changed', (t) => {
  const shared = `x-base: &base {server: https://a}\nclusters: [{name: a, cluster: *base}]\nusers:\n- name: b\n  user: {<<: *base}\n`;
  const merged = mergeKubeconfig(shared, ADDED, NAME);
  t.regex(merged, /cluster: \*base/);
  t.deepEqual(read(unmerge(merged)).clusters, [{ name: 'a', cluster: { server: 'https://a' } }]);
  const taken = mergeKubeconfig('', ADDED, NAME).replace('cluster:\n', 'cluster: &c\n');
  t.throws(() => unmerge(`${taken}x-other: *c\n`), { code: 'BAD_FILE' });
  t.throws(() => mergeKubeconfig('x: &l []\nclusters: *l\n', ADDED, NAME), { code: 'BAD_FILE' });
  t.throws(() => mergeKubeconfig('contexts: &l []\nx: *l\n', ADDED, NAME), { code: 'BAD_FILE' });
});

test('a merge of what is no map is refused, as client-go refuses to read it', (t) => {
  t.throws(() => mergeKubeconfig('contexts: [{name: a, extra: {<<: false}}]\n', ADDED, NAME), {
    code: 'BAD_FILE',
    message: /cannot be changed safely/,
  });
});

/** A key "<<" merges maps, and values of other types are no YAML for client-go either. */
const mergesNothing = (value: unknown): boolean => !JSON.stringify(value).includes('"<<":');
const entries = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1 }).filter((name) => name !== NAME),
    extra: fc.jsonValue().filter(mergesNothing),
  }),
  { selector: ({ name }) => name, maxLength: 4 },
);
const kubeconfigs = fc
  .record({
    rest: fc.dictionary(
      fc.string({ minLength: 1 }).map((key) => `x-${key}`),
      fc.jsonValue().filter(mergesNothing),
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
      const before = parse(text) as Kubeconfig;
      const after = read(merged);
      for (const list of ['clusters', 'contexts', 'users'] as const) {
        t.deepEqual(after[list].slice(0, -1) as unknown, before[list] as unknown);
        t.is(after[list].at(-1)?.name, NAME);
      }
      t.is(after['current-context'], NAME);
      t.deepEqual(parse(unmerge(merged) ?? ''), { ...before, 'current-context': '' });
    }),
    { numRuns: 200 },
  );
});
