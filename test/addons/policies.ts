/** Pods that connections are tried from. */
type Client = 'near' | 'far' | 'other';

/** What a pod of {@link PODS} gets to see: of both ports of the server, from each client. */
export type Reached = Readonly<Record<Client, readonly [on80: boolean, on81: boolean]>>;

/** A policy, and what is left of the connections with it. */
interface Row {
  /** The test of Kubernetes' own (test/e2e/network/netpol) that asks the same; it is not that one that is run. */
  readonly like: string;
  readonly spec: object;
  readonly reached: Reached;
}

export const SPACES = { server: 'np-server', other: 'np-other' } as const;

/** Each on a node of its own choice: `near` is on the server's own bridge, the others come from another node. */
export const PODS = [
  { name: 'server', namespace: SPACES.server, node: 'node01' },
  { name: 'near', namespace: SPACES.server, node: 'node01' },
  { name: 'far', namespace: SPACES.server, node: 'node02' },
  { name: 'other', namespace: SPACES.other, node: 'node02' },
] as const;

const both = [true, true] as const;
const none = [false, false] as const;
const first = [true, false] as const;

/** Without a policy, and again when it is gone. */
export const OPEN: Reached = { near: both, far: both, other: both };

const ofServer = { podSelector: { matchLabels: { pod: 'server' } } };
const from = (...peers: readonly object[]): object => ({
  ...ofServer,
  policyTypes: ['Ingress'],
  ingress: [{ from: peers }],
});
const egressOf = (pod: string, egress: readonly object[]): object => ({
  podSelector: { matchLabels: { pod } },
  policyTypes: ['Egress'],
  egress,
});
const otherSpace = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': SPACES.other } } };

/** All are about the namespace of the server. */
export const ROWS: readonly Row[] = [
  {
    like: "should support a 'default-deny-ingress' policy",
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
    reached: { near: none, far: none, other: none },
  },
  {
    like: "should support a 'default-deny-all' policy",
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    reached: { near: none, far: none, other: none },
  },
  {
    like: 'should enforce policy to allow traffic from pods within server namespace based on PodSelector',
    spec: from({ podSelector: { matchLabels: { pod: 'far' } } }),
    reached: { near: none, far: both, other: none },
  },
  {
    like: 'should enforce policy to allow traffic only from a different namespace, based on NamespaceSelector',
    spec: from(otherSpace),
    reached: { near: none, far: none, other: both },
  },
  {
    like: 'should enforce policy based on PodSelector or NamespaceSelector',
    spec: from({ podSelector: { matchLabels: { pod: 'near' } } }, otherSpace),
    reached: { near: both, far: none, other: both },
  },
  {
    like: 'should enforce policy based on Ports',
    spec: {
      ...ofServer,
      policyTypes: ['Ingress'],
      ingress: [{ from: [otherSpace], ports: [{ port: 80, protocol: 'TCP' }] }],
    },
    reached: { near: none, far: none, other: first },
  },
  {
    like: 'should deny egress from pods based on PodSelector',
    spec: egressOf('far', []),
    reached: { near: both, far: none, other: both },
  },
  {
    like: 'should allow egress access on one named port',
    spec: egressOf('near', [{ ports: [{ port: 'first', protocol: 'TCP' }] }]),
    reached: { near: first, far: both, other: both },
  },
  {
    like: 'should allow egress access to server in CIDR block',
    spec: egressOf('far', [{ to: [{ ipBlock: { cidr: '10.244.0.0/16' } }] }]),
    reached: OPEN,
  },
  {
    like: 'should enforce except clause while egress access to server in CIDR block',
    spec: egressOf('far', [{ to: [{ ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.0.0/24'] } }] }]),
    reached: { near: both, far: none, other: both },
  },
];
