import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { findingLine } from '../../../../gocli-ts/src/provider/finding.ts';
import { lintProvider } from '../../../../gocli-ts/src/provision/lint/lint.ts';
import { readRecipe } from '../../../../gocli-ts/src/provision/recipe.ts';
import { FakeHost } from '../../../fakes/host.ts';
import { type CheckoutFiles, checkoutOf, replaced, writeBelow } from '../_providers.ts';

const PROVIDER = 'cluster-provision/k8s/1.36/provider.yaml';
const WEB = 'cluster-provision/k8s/1.36/manifests/10-web.yaml';
const GO_MOD = 'cluster-provision/k8s/1.36/kubernetes/go.mod';
const WARM = 'cluster-provision/k8s/1.36/warm.yaml';
const WARMED = replaced(PROVIDER, 'guest: debian-13', 'guest: debian-13\nwarm: [kubectl top nodes]');
const NEWER = 'cluster-provision/k8s/1.37/provider.yaml';

/** What Kubernetes' own source says, as far as it is looked at. */
const SOURCE: CheckoutFiles = {
  'cmd/kubeadm/app/constants/constants.go': `const (
	DefaultEtcdVersion = "3.6.8-0"
	CoreDNSVersion = "v1.14.2"
	PauseVersion = "3.10.2"
)`,
  'api/openapi-spec/swagger.json': JSON.stringify({
    definitions: {
      Pod: {
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: { $ref: '#/definitions/PodSpec' },
        },
        'x-kubernetes-group-version-kind': [{ group: '', kind: 'Pod', version: 'v1' }],
      },
      PodSpec: {
        type: 'object',
        required: ['containers'],
        properties: {
          containers: { type: 'array', items: { $ref: '#/definitions/Container' } },
          hostNetwork: { type: 'boolean' },
          priority: { type: 'integer' },
          nodeSelector: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
      Container: { type: 'object', properties: { name: { type: 'string' }, image: { type: 'string' } } },
    },
  }),
};

interface Linted {
  readonly lines: readonly string[];
  readonly withSource: boolean;
}

async function lint(
  t: ExecutionContext,
  changed: CheckoutFiles = {},
  source?: CheckoutFiles,
  version = '1.36',
): Promise<Linted> {
  const checkout = await checkoutOf(t, changed);
  const host = new FakeHost().respond(() => ({ stdout: `${join(checkout, 'modules')}\n` }));
  for (const [path, text] of Object.entries(source ?? {}))
    await writeBelow(checkout, `modules/k8s.io/kubernetes@v1.36.3/${path}`, text);
  const context = { host, signal: new AbortController().signal };
  const folder = join(checkout, 'cluster-provision/k8s', version);
  const { findings, withSource } = await lintProvider(folder, context);
  const below = new RegExp(`${checkout}/`, 'g');
  return { withSource, lines: findings.map((one) => findingLine(one).replace(below, '')) };
}

test('a provider with nothing wrong has no finding, and neither has one that extends it', async (t) => {
  t.deepEqual(await lint(t), { lines: [], withSource: false });
  t.deepEqual((await lint(t, {}, undefined, '1.37')).lines, []);
});

const wrong: [string, CheckoutFiles, RegExp[]][] = [
  [
    'another Kubernetes in go.mod',
    replaced(PROVIDER, 'version: 1.36.3', 'version: 1.36.4'),
    [
      /provider\.yaml:7:12: Kubernetes is 1\.36\.4 here, and v1\.36\.3 in .*go\.mod:8$/,
      /kube-apiserver:v1\.36\.3 would hold kubernetes v1\.36\.4/,
    ],
  ],
  [
    'a replacement of another release',
    replaced(GO_MOD, '=> k8s.io/client-go v0.36.3', '=> k8s.io/client-go v0.36.2'),
    [/go\.mod:11:1: k8s\.io\/client-go is replaced by v0\.36\.2.*v0\.36\.3$/],
  ],
  [
    'an unknown directive',
    replaced(GO_MOD, 'tool ', 'tol '),
    [/go\.mod:13:1: unknown directive "tol"\. Did you mean "tool"\?$/],
  ],
  [
    'a tag that is not the version of its program',
    replaced(PROVIDER, 'etcd:3.6.8-0', 'etcd:3.6.9-0'),
    [/provider\.yaml:17:11: the image registry\.k8s\.io\/etcd:3\.6\.9-0 would hold etcd v3\.6\.8$/],
  ],
  [
    'a program that nobody builds',
    replaced(PROVIDER, 'programs: [etcd]', 'programs: [etdc]'),
    [/is to hold "etdc", which no component builds\. Did you mean "etcd"\?$/],
  ],
  [
    'a component without a module',
    replaced(PROVIDER, '- name: etcd\n', '- name: etcd\n  - name: nothing\n'),
    [/provider\.yaml:13:11: there is no go\.mod for the component "nothing"/],
  ],
  [
    'an image that no node has',
    replaced(WEB, 'nginx:1.29', 'nginx:1.30'),
    [/10-web\.yaml:7:14: no node has the image nginx:1\.30\./],
  ],
  [
    'a manifest to warm up with whose image no node has, and which is not all in one namespace',
    {
      ...WARMED,
      [WARM]: 'apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: b }\nspec: { image: busybox }\n',
    },
    [
      /warm\.yaml:3:33: "metadata\.namespace": leave it out;/,
      /warm\.yaml:4:16: no node has the image busybox\./,
    ],
  ],
  [
    'a manifest to warm up with, without a command',
    { [WARM]: 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\n' },
    [/warm\.yaml:1:1: warm\.yaml: it is applied for the commands of "warm" in provider\.yaml/],
  ],
  [
    'a command to warm up with that is none',
    replaced(PROVIDER, 'guest: debian-13', 'guest: debian-13\nwarm: [true, ""]'),
    [/provider\.yaml:5:8: "warm\.0": .*expected string/, /provider\.yaml:5:14: "warm\.1": Too small/],
  ],
  [
    'what the folder lacks',
    replaced(PROVIDER, 'guest: debian-13', 'guest: debian-31'),
    [/provider\.yaml:1:1: there is no guest "debian-31"/],
  ],
  [
    'a name that is not that of the folder',
    replaced(PROVIDER, 'name: k8s-1.36', 'name: k8s-1.63'),
    [
      /there is no .*cluster-up\/cluster\/k8s-1\.63\/provider\.sh/,
      /the name is "k8s-1\.63", and that of the folder "k8s-1\.36"/,
    ],
  ],
];
for (const [title, changed, messages] of wrong) {
  test(`${title} is found, at its place`, async (t) => {
    const { lines } = await lint(t, changed);
    t.is(lines.length, messages.length, lines.join('\n'));
    for (const message of messages)
      t.true(
        lines.some((line) => message.test(line)),
        lines.join('\n'),
      );
  });
}

test('what a provider warms up with is that of the one which it extends, unless it says so itself', async (t) => {
  const of = async (own: string): Promise<readonly string[]> => {
    const newer = replaced(NEWER, 'tags:', `${own}tags:`);
    const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n';
    const checkout = await checkoutOf(t, { ...WARMED, [WARM]: manifest, ...newer });
    return (await readRecipe(join(checkout, 'cluster-provision/k8s/1.37'))).provider.warm;
  };
  t.deepEqual(await of(''), ['kubectl top nodes']);
  t.deepEqual(await of('warm: [kubectl get pods]\n'), ['kubectl get pods']);
  t.deepEqual(await of('warm: []\n'), []);
});

test('everything is said at once, and a provisioning says it, too', async (t) => {
  const changed = {
    ...replaced(PROVIDER, 'cpus: 2', 'cpu: 2'),
    'cluster-provision/k8s/1.36/manifests/20-more.yaml': 'kind: Pod\nmetadata: {}\n',
    'cluster-provision/k8s/1.36/pre-pull-images': 'a b\n',
  };
  const { lines } = await lint(t, changed);
  for (const message of [
    /provider\.yaml:5:23: unknown key "defaults\.cpu"\. Did you mean "cpus"\?/,
    /20-more\.yaml:1:1: not a Kubernetes object: apiVersion/,
    /20-more\.yaml:2:11: not a Kubernetes object: metadata\.name/,
    /pre-pull-images:1:1: "a b" is not an image reference/,
  ])
    t.true(
      lines.some((line) => message.test(line)),
      lines.join('\n'),
    );
  const checkout = await checkoutOf(t, changed);
  const error = await t.throwsAsync(readRecipe(join(checkout, 'cluster-provision/k8s/1.36')));
  t.true(isCode(error, 'BAD_FILE'));
  if (isCode(error, 'BAD_FILE'))
    t.is(`${error.message}\n${error.observed ?? ''}`.split('\n').length, lines.length);
});

test('manifests are compared with the API of the pinned release, where its source is in the module cache', async (t) => {
  const text = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  container: []
  hostNetwork: 1
  priority: high
  nodeSelector: { zone: 1 }
---
apiVersion: v1
kind: Pdo
metadata: { name: web }
`;
  const { lines, withSource } = await lint(t, { [WEB]: text }, SOURCE);
  t.true(withSource);
  const manifest = lines.filter((line) => line.includes('10-web'));
  t.deepEqual(
    manifest.map((line) => line.replace(/.*10-web\.yaml:/, '')),
    [
      '5:3: "spec.containers" is missing',
      '5:3: unknown key "spec.container". Did you mean "containers"?',
      '6:16: "spec.hostNetwork" is 1, expected: true or false',
      '7:13: "spec.priority" is "high", expected: a whole number',
      '8:25: "spec.nodeSelector.zone" is 1, expected: a text (put it in quotes)',
      '11:7: Kubernetes has no v1 Pdo. Did you mean "v1 Pod"?',
    ],
  );
  t.true(
    lines.some((line) =>
      /asks for registry\.k8s\.io\/coredns\/coredns:v1\.14\.2, which is not built/.test(line),
    ),
  );
  t.false(lines.some((line) => line.includes('asks for registry.k8s.io/etcd')));
});

test('kubeadm that names an image differently is told with the tag that there is', async (t) => {
  const source = {
    ...SOURCE,
    'cmd/kubeadm/app/constants/constants.go': (
      SOURCE['cmd/kubeadm/app/constants/constants.go'] ?? ''
    ).replace('3.6.8-0', '3.6.9-0'),
  };
  const { lines } = await lint(t, {}, source);
  t.true(
    lines.some((line) =>
      /asks for registry\.k8s\.io\/etcd:3\.6\.9-0, which is not built\. There is registry\.k8s\.io\/etcd:3\.6\.8-0\.$/.test(
        line,
      ),
    ),
    lines.join('\n'),
  );
});

test('a kind of its own needs its definition', async (t) => {
  const object = 'apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: one }\n';
  const definition = `---
apiVersion: v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec: { group: example.com, names: { kind: Thing }, versions: [{ name: v1 }] }
`;
  const alone = await lint(t, { [WEB]: object }, SOURCE);
  t.true(alone.lines.some((line) => /10-web\.yaml:2:7: Kubernetes has no example\.com\/v1 Thing/.test(line)));
  const both = await lint(t, { [WEB]: object + definition }, SOURCE);
  t.false(
    both.lines.some((line) => line.includes('no example.com/v1 Thing')),
    both.lines.join('\n'),
  );
});

const extending: [string, CheckoutFiles, RegExp][] = [
  [
    'an unknown folder',
    replaced(NEWER, 'k8s/1.36', 'k8s/1.35'),
    /1\.37\/provider\.yaml:4:10: "extends": there is no folder k8s\/1\.35/,
  ],
  ['a number', replaced(NEWER, 'k8s/1.36', '1.36'), /1\.37\/provider\.yaml:4:10: "extends": /],
  [
    'itself',
    replaced(NEWER, 'k8s/1.36', 'k8s/1.37'),
    /1\.37\/provider\.yaml:4:10: "extends": k8s\/1\.37 cannot extend itself/,
  ],
  [
    'a tag of no image',
    replaced(NEWER, 'registry.k8s.io/kube-apiserver', 'registry.k8s.io/kube-apiserve'),
    /1\.37\/provider\.yaml:7:3: "tags": there is no image "registry\.k8s\.io\/kube-apiserve" in k8s\/1\.36\. Did you mean/,
  ],
  [
    'an unknown key',
    replaced(NEWER, 'tags:', 'tag:'),
    /1\.37\/provider\.yaml:6:1: unknown key "tag"\. Did you mean "tags"\?/,
  ],
  [
    'what is wrong in the other',
    replaced(PROVIDER, 'cpus: 2', 'cpu: 2'),
    /1\.36\/provider\.yaml:5:23: unknown key/,
  ],
];
for (const [title, changed, message] of extending) {
  test(`extending: ${title} is found, at its place`, async (t) => {
    const { lines } = await lint(t, changed, undefined, '1.37');
    t.true(
      lines.some((line) => message.test(line)),
      lines.join('\n'),
    );
  });
}
