import test from 'ava';
import { renderNodeRules } from '../../gocli-ts/src/kubernetes/node-network.ts';
import { dockerodeEngine } from '../../gocli-ts/src/place/docker/dockerode.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

const docker = dockerodeEngine(process.env);
const LABELS = { 'io.gocli.test': `node-rules-${process.pid}` };
const NODE = '192.168.66.101';
const RULES = renderNodeRules({
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/12',
  subnet: '192.168.66.0/24',
  index: 1,
});

/** What kube-proxy says of a service with an endpoint and of one without (pkg/proxy/nftables, setupNFTables). */
const KUBE_PROXY = `table ip kube-proxy {
  map no-endpoint-nodeports {
    type inet_proto . inet_service : verdict
    elements = { tcp . 30009 : goto reject-chain, udp . 30009 : goto reject-chain }
  }
  chain reject-chain {
    reject
  }
  chain nodeport-endpoints-check {
    ip daddr ${NODE} meta l4proto . th dport vmap @no-endpoint-nodeports
  }
  chain filter-input {
    type filter hook input priority 0;
    ct state new jump nodeport-endpoints-check
  }
  chain nat-output {
    type nat hook output priority -100;
    ip daddr ${NODE} tcp dport 30007 dnat to ${NODE}:8080
  }
}
`;

const SET_UP = `set -e
ip link add eth0 type bridge
ip address add ${NODE}/24 dev eth0
ip link set eth0 up
nft -f /rules.nft
nft -f /kube-proxy.nft
for at in 8080 30500,bind=127.0.0.1; do socat TCP-LISTEN:$at,fork,reuseaddr SYSTEM:'echo answered' & done
sleep 600`;

/** A line for each address: what is said there, within three seconds. */
const ASK = `until socat -u TCP:127.0.0.1:8080 - >/dev/null 2>&1; do sleep 0.1; done
for at in TCP:127.0.0.1:30007 TCP:127.0.0.1:30009 TCP:127.0.0.1:30500 TCP:127.0.0.1:30999 TCP:${NODE}:30009 UDP:127.0.0.1:30009; do
  said=$(echo x | timeout 3 socat -T 2 - $at,shut-none 2>&1) && said=\${said:-nothing} || said=\${said##*: }
  echo "$at \${said:-hung}"
done`;

test('at 127.0.0.1 a NodePort answers, and refuses at once where nothing is behind it', async (t) => {
  const image = await tinyImage(docker);
  const id = await docker.containers.create({
    name: `gocli-node-rules-${process.pid}`,
    image,
    labels: LABELS,
    network: 'none',
    capabilities: ['NET_ADMIN', 'NET_RAW'],
    noNewPrivileges: true,
    entrypoint: ['sh', '-c', SET_UP],
    command: [],
  });
  t.teardown(() => docker.containers.remove(id));
  await docker.containers.putFiles(id, '/', [
    { path: 'rules.nft', content: RULES },
    { path: 'kube-proxy.nft', content: KUBE_PROXY },
  ]);
  await docker.containers.start(id);
  const asked = await docker.containers.exec(id, ['sh', '-c', ASK], { signal: AbortSignal.timeout(60_000) });
  t.deepEqual(asked.stdout.trim().split('\n'), [
    'TCP:127.0.0.1:30007 answered',
    'TCP:127.0.0.1:30009 Connection refused',
    'TCP:127.0.0.1:30500 answered',
    'TCP:127.0.0.1:30999 Connection refused',
    `TCP:${NODE}:30009 Connection refused`,
    'UDP:127.0.0.1:30009 Connection refused',
  ]);
});
