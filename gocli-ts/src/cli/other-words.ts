/**
 * Verbs and flags of docker, kubectl, kind, minikube and vagrant that gocli has not, and what to type for what they do
 * there. None of them is accepted: each means more than one thing here, or something near that is not the same.
 */

const RUN = 'A cluster: gocli run k8s-1.36';
const RM = 'A cluster: gocli rm';
const LS = 'The clusters: gocli ls';
const PORTS = 'The ports of a cluster: gocli ports';
const IMAGE =
  'Onto all nodes, for pods to use it by its name: gocli load IMAGE. To push: docker push localhost:$(gocli ports registry)/NAME, by which pods pull it, too';
const CONFIG = 'gocli kubeconfig, or gocli kubeconfig --merge';
const STATUS = 'gocli status';

const VERBS: Readonly<Record<string, string>> = {
  up: RUN,
  init: RUN,
  launch: RUN,
  create: `${RUN}. An object in it: gocli kubectl create`,
  down: RM,
  destroy: RM,
  remove: RM,
  kill: RM,
  delete: `${RM}. An object in it: gocli kubectl delete`,
  ps: LS,
  list: LS,
  clusters: LS,
  profile: LS,
  get: `${LS}; its kubeconfig: gocli kubeconfig; objects in it: gocli kubectl get`,
  exec: 'On a node: gocli ssh NODE -- COMMAND. In a pod: gocli kubectl exec',
  shell: 'gocli ssh NODE',
  login: 'gocli ssh NODE',
  attach: 'gocli console NODE',
  cp: 'On a node: gocli scp. In a pod: gocli kubectl cp',
  copy: 'gocli scp',
  sftp: 'gocli scp',
  rsync: 'gocli scp',
  push: IMAGE,
  image: IMAGE,
  'docker-env': IMAGE,
  cache: IMAGE,
  export: `${CONFIG}; all logs: gocli logs --export FOLDER`,
  config: CONFIG,
  context: CONFIG,
  'update-context': CONFIG,
  'use-context': CONFIG,
  ip: PORTS,
  port: PORTS,
  service: PORTS,
  tunnel: PORTS,
  info: STATUS,
  inspect: STATUS,
  node: STATUS,
  nodes: 'gocli kubectl get nodes',
  suspend: 'gocli stop, or gocli pause, which keeps its memory',
  halt: 'gocli stop',
  unpause: 'gocli resume',
  restart: 'gocli stop, then gocli start',
  reboot: 'gocli ssh NODE -- reboot',
  reload: 'gocli stop, then gocli start',
  save: 'gocli snapshot create NAME',
  checkpoint: 'gocli snapshot create NAME',
  commit: 'gocli snapshot create NAME',
  restore: 'gocli snapshot restore NAME',
  prune: 'gocli gc',
  cleanup: 'gocli gc',
  check: 'gocli doctor',
  build: 'An image of nodes: gocli provision. ' + IMAGE,
};

/** Verbs of kubectl that mean nothing else to anybody. */
const OF_KUBECTL = new Set(
  `annotate api-resources api-versions apply auth autoscale certificate cluster-info cordon debug describe diff drain edit
  events explain expose kustomize label options patch plugin port-forward proxy replace rollout scale set taint top uncordon
  wait`.split(/\s+/),
);

/** What to type for a verb of another tool; undefined for a word that none of them has. */
export function insteadOfVerb(word: string): string | undefined {
  if (OF_KUBECTL.has(word)) return `Type: gocli kubectl ${word} …`;
  const instead = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
  return instead === undefined ? undefined : `Type: ${instead}`;
}

const WAITS = 'Leave it out: gocli waits until the cluster is Ready.';
const VERSION = 'Leave it out: the provider says it, as in gocli run k8s-1.36 (all: gocli provider ls).';
const NAME = 'Type --name NAME.';

const FLAGS: Readonly<Record<string, string>> = {
  '--wait': WAITS,
  '--detach': WAITS,
  '-d': WAITS,
  '--kubernetes-version': VERSION,
  '--image': VERSION,
  '--profile': NAME,
  '--context': NAME,
  '--cluster': NAME,
  '--workers': 'Type --nodes N, the first one included.',
  '--driver': 'Leave it out: nodes are virtual machines in Docker containers.',
  '--vm-driver': 'Leave it out: nodes are virtual machines in Docker containers.',
  '--follow': 'Follow a log of a node: gocli ssh NODE -- journalctl -f',
  '-f': 'Follow a log of a node: gocli ssh NODE -- journalctl -f',
  '--kubeconfig': 'Write it where you want: gocli kubeconfig >FILE',
  '-V': 'Type: gocli version',
  '--version': 'Type: gocli version',
  '--debug': 'Type --verbose.',
  '--recursive': 'Leave it out: folders are copied with all that is in them.',
  '--archive': 'Leave it out: modes, times and links are kept.',
  '--publish': 'Ports are published anyway: gocli ports. One of your own: gocli kubectl port-forward',
};

/** What to type for a flag of another tool. */
export function insteadOfFlag(flag: string): string | undefined {
  return Object.hasOwn(FLAGS, flag) ? FLAGS[flag] : undefined;
}
