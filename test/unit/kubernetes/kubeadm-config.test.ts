import test from 'ava';
import { parse, parseAllDocuments } from 'yaml';
import {
  authorityHash,
  makeJoinToken,
  renderPatches,
  renderKubeadmInit,
  renderKubeadmJoin,
} from '../../../gocli-ts/src/kubernetes/kubeadm-config.ts';
import { CERTIFICATE } from '../../fixtures/certificate.ts';

const PLAN = {
  version: '1.36.3',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/12',
  subnet: '192.168.66.0/24',
};

function documents(): Map<string, Record<string, unknown>> {
  const all = parseAllDocuments(renderKubeadmInit(PLAN, 'abcdef.0123456789abcdef')).map(
    (one) => one.toJS() as Record<string, unknown>,
  );
  return new Map(all.map((document) => [String(document['kind']), document]));
}

test('one stream has everything that kubeadm, kubelet and kube-proxy read', (t) => {
  t.deepEqual(
    [...documents().keys()],
    ['InitConfiguration', 'ClusterConfiguration', 'KubeletConfiguration', 'KubeProxyConfiguration'],
  );
});

test('version and subnets are those of the plan', (t) => {
  t.like(documents().get('ClusterConfiguration'), {
    kubernetesVersion: 'v1.36.3',
    networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' },
  });
  t.like(documents().get('KubeProxyConfiguration'), { clusterCIDR: '10.244.0.0/16' });
});

test('certificates hold for ten years and for the addresses that a user connects to', (t) => {
  const cluster = documents().get('ClusterConfiguration');
  t.like(cluster, { certificateValidityPeriod: '87600h0m0s', caCertificateValidityPeriod: '87600h0m0s' });
  const { certSANs } = cluster?.['apiServer'] as { certSANs: string[] };
  t.true(['127.0.0.1', '192.168.66.101'].every((name) => certSANs.includes(name)));
});

test('the first node has its fixed address and takes ordinary pods; nothing is pulled', (t) => {
  t.like(documents().get('InitConfiguration'), {
    localAPIEndpoint: { advertiseAddress: '192.168.66.101', bindPort: 6443 },
    nodeRegistration: { name: 'node01', taints: [], imagePullPolicy: 'Never' },
  });
});

test('a further node joins by the token and knows the authority by its key', (t) => {
  const join = parseAllDocuments(
    renderKubeadmJoin({ index: 2, token: 'abcdef.0123456789abcdef', subnet: PLAN.subnet }, CERTIFICATE),
  ).map((one) => one.toJS() as Record<string, unknown>);
  t.is(join.length, 1);
  t.like(join[0], {
    kind: 'JoinConfiguration',
    nodeRegistration: { name: 'node02', taints: [], imagePullPolicy: 'Never' },
    discovery: {
      bootstrapToken: {
        apiServerEndpoint: '192.168.66.101:6443',
        token: 'abcdef.0123456789abcdef',
        caCertHashes: [authorityHash(CERTIFICATE)],
      },
    },
  });
  t.like(documents().get('InitConfiguration'), { bootstrapTokens: [{ token: 'abcdef.0123456789abcdef' }] });
});

test('join tokens have the form that kubeadm asks for, and no two are alike', (t) => {
  const tokens = Array.from({ length: 20 }, makeJoinToken);
  for (const token of tokens) t.regex(token, /^[a-z0-9]{6}\.[a-z0-9]{16}$/);
  t.is(new Set(tokens).size, 20);
});

test('CoreDNS runs once and stays on the first node', (t) => {
  t.deepEqual(parse(renderPatches()['/etc/kubernetes/patches/corednsdeployment+strategic.yaml'] ?? ''), {
    spec: {
      replicas: 1,
      template: { spec: { nodeSelector: { 'node-role.kubernetes.io/control-plane': '' } } },
    },
  });
});

test('parts of the control plane are not probed every second', (t) => {
  for (const name of ['kube-apiserver', 'kube-scheduler', 'etcd']) {
    const patch = parse(renderPatches()[`/etc/kubernetes/patches/${name}+strategic.yaml`] ?? '') as {
      spec: { containers: Record<string, unknown>[] };
    };
    t.like(patch.spec.containers[0], { name, readinessProbe: { periodSeconds: 30 } });
  }
});

test('a token of digits alone stays a string', (t) => {
  const token = '012345.0123456789012345';
  const [init] = parseAllDocuments(renderKubeadmInit(PLAN, token), { version: '1.1' });
  t.like(init?.toJS(), { bootstrapTokens: [{ token }] });
  t.like(
    parse(renderKubeadmJoin({ index: 2, token, subnet: PLAN.subnet }, CERTIFICATE), { version: '1.1' }),
    {
      discovery: { tlsBootstrapToken: token },
    },
  );
});

test('in another network the certificate is for the addresses there, and nothing is of the usual one', (t) => {
  const subnet = '10.5.0.0/24';
  const init = renderKubeadmInit({ ...PLAN, subnet }, 'abcdef.0123456789abcdef');
  const join = renderKubeadmJoin({ index: 2, token: 't', subnet }, CERTIFICATE);
  for (const text of [init, join]) t.notRegex(text, /192\.168/);
  t.regex(init, /certSANs:\n *- 127\.0\.0\.1\n *- localhost\n *- 10\.5\.0\.101\n *- 10\.5\.0\.2\n/);
  t.regex(join, /apiServerEndpoint: 10\.5\.0\.101:6443/);
});
