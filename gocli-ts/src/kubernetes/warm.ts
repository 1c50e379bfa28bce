import { dirname } from 'node:path/posix';
import { GocliError } from '../errors/error.ts';
import { nodeAddress } from '../network/addresses.ts';
import type { RigDeps } from '../rig/deps.ts';
import { requireState } from '../rig/find.ts';
import type { Warming } from '../rig/kind.ts';
import type { FoundRig } from '../rig/life.ts';
import { machinesIn, partOf } from '../rig/parts.ts';
import { nodeSubnet } from '../rig/plan.ts';
import { bounded } from '../rig/pool/warm-command.ts';
import { lastLines } from '../shared/text.ts';
import { readAccess } from './access.ts';
import { KUBERNETES_PATH } from './image-path.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { onNodes } from './on-nodes.ts';

/** Namespace of all of it, so that events and whatever controllers make go with it. */
const NAMESPACE = 'gocli-warm-up';

const MANIFEST = KUBERNETES_PATH.warm;

/** Of the network container: HOME of the commands, and where they run. */
const FOLDER = `/run/${NAMESPACE}`;
const ENVIRONMENT = `export HOME=${FOLDER} KUBECONFIG=${FOLDER}/admin.conf PATH=${dirname(KUBERNETES_PATH.kubectl)}:$PATH
cd ${FOLDER} || exit`;

const BEGIN = `kubectl create namespace ${NAMESPACE} &&
  kubectl config set-context --current --namespace=${NAMESPACE}`;

const IN_NAMESPACE = `kubectl --namespace=${NAMESPACE}`;
/** There may be none, or one of comments alone, which takes that away which a provider has from another. */
const NO_OBJECTS = `! grep -qs kind ${MANIFEST}`;
/**
 * The guest makes the schemas for the first one who asks, which is better here than a user. kubectl waits for them half a
 * minute, which may be too short for a busy guest; what it checks then, `gocli provider lint` says beforehand.
 */
const APPLY = `${NO_OBJECTS} || ${IN_NAMESPACE} apply -f ${MANIFEST} ||
  ${IN_NAMESPACE} apply --validate=false -f ${MANIFEST}`;

/** What of the manifest is in no namespace goes first. */
const DELETE = `{ ${NO_OBJECTS} || ${IN_NAMESPACE} delete --ignore-not-found --wait=false -f ${MANIFEST}; } &&
  kubectl delete namespace ${NAMESPACE} --ignore-not-found --timeout=180s`;

const LIST = 'ctr -n k8s.io images ls -q';

/**
 * The kubelet does as much with pods and their logs within a minute, of a cluster that stands still later. Parameters are
 * the namespace, and the names of images that were there before.
 */
const CLEAN = `namespace=$1
shift
pods() { crictl pods -q --label "io.kubernetes.pod.namespace=$namespace"; }
left=$(pods)
# The kubelet may be at the same.
for wait in 1 1 1 2 2 2 5 5 5; do
  [ -n "$left" ] || break
  for pod in $left; do crictl rmp -f "$pod" >/dev/null || true; done
  left=$(pods)
  [ -z "$left" ] || sleep "$wait"
done
test -z "$left"
rm -rf /var/log/pods/"$namespace"_* /var/log/containers/*_"$namespace"_*
printf '%s\\n' "$@" >"/run/$namespace"
images=$(${LIST})
printf '%s\\n' "$images" | grep -vxFf "/run/$namespace" | xargs -r ctr -n k8s.io images rm --sync >/dev/null
rm "/run/$namespace"`;

/** Gets ready to run commands where there is a kubectl for a cluster, in a namespace of their own. @throws GocliError */
export async function warmingOf(found: FoundRig, deps: RigDeps): Promise<Warming> {
  const state = requireState(found);
  const { docker, paths } = deps;
  const owner = partOf(found.containers, 'dnsmasq');
  if (owner === undefined) throw new GocliError('NOT_FOUND', `${found.name} has no network container`);
  const config = renderKubeconfig(state.name, {
    ...(await readAccess(state, paths)),
    server: `https://${nodeAddress(1, nodeSubnet(state.plan.guest))}:6443`,
  });
  const nodes = machinesIn(found);
  const list = { what: 'tells its images', script: LIST, parameters: () => [] };
  const images = await onNodes(found.name, nodes, list, deps);
  const before = new Map(nodes.map(({ node }, at) => [node, words(images[at] ?? '')]));
  const shell = async (script: string, signal: AbortSignal, run = script): Promise<void> => {
    const argv = ['sh', '-c', `${ENVIRONMENT}\n${run}`];
    const result = await docker.containers.exec(owner.id, argv, { signal });
    if (result.exitCode === 0) return;
    throw new GocliError('KUBERNETES', `${found.name}: "${script}" ended with code ${result.exitCode}`, {
      observed: lastLines(`${result.stdout}\n${result.stderr}`, 5),
    });
  };
  return {
    run: async (commands, signal) => {
      const file = { path: `${NAMESPACE}/admin.conf`, content: config, mode: 0o600 };
      await docker.containers.putFiles(owner.id, '/run', [file]);
      for (const command of [BEGIN, APPLY, ...commands]) await shell(command, signal, bounded(command));
    },
    undo: async (signal) => {
      await shell(DELETE, signal);
      const clean = {
        what: 'removes what warmed it up',
        script: CLEAN,
        parameters: (node: string) => [NAMESPACE, ...(before.get(node) ?? [])],
      };
      await onNodes(found.name, nodes, clean, { ...deps, signal });
      await shell(`rm -r ${FOLDER}`, signal);
    },
  };
}

function words(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
