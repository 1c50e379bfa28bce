import test from 'ava';
import { parseAllDocuments } from 'yaml';
import {
  firstPodCidr,
  renderCni,
  renderEarlyApi,
  renderKubeadmInit,
} from '../../../gocli-ts/src/k8s/kubeadm-config.ts';

const PLAN = { version: '1.36.3', podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' };

function documents(): Map<string, Record<string, unknown>> {
  const all = parseAllDocuments(renderKubeadmInit(PLAN)).map((one) => one.toJS() as Record<string, unknown>);
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

test('pods of the first node get the first /24 of the pod network, on a bridge', (t) => {
  t.is(firstPodCidr('10.244.0.0/16'), '10.244.0.0/24');
  const cni = JSON.parse(renderCni(firstPodCidr(PLAN.podSubnet))) as { plugins: Record<string, unknown>[] };
  t.like(cni.plugins[0], { type: 'bridge', ipam: { ranges: [[{ subnet: '10.244.0.0/24' }]] } });
  t.is(cni.plugins[1]?.['type'], 'portmap');
});

test('the service address of the API leads to the control plane before kube-proxy runs', (t) => {
  const rules = renderEarlyApi('10.96.0.0/12');
  t.is(rules.match(/ip daddr 10\.96\.0\.1 tcp dport 443 dnat to 192\.168\.66\.101:6443/g)?.length, 2);
  t.regex(rules, /hook prerouting priority -101[\s\S]*hook output priority -101/);
});
