import { quote } from '../../shared/quote.ts';
import type { UpResult } from '../../rig/up.ts';
import { isKubernetes, kubernetesOf } from '../../kubernetes/section.ts';
import { clauseOf } from '../../machine/accelerator.ts';
import { kubeconfigPath } from '../../kubernetes/state-file.ts';
import { nodeAddress, nodeName } from '../../network/addresses.ts';
import { nodePlans, nodeSubnet } from '../../rig/plan.ts';
import { gocliCommand } from '../../shared/command.ts';
import { formatSeconds } from '../../shared/text.ts';
import type { Session } from '../session.ts';
import { writeResult } from './output.ts';
import { renderTable } from './table.ts';
import { renderWaterfall } from './waterfall.ts';

/** Verbs that have a script in cluster-up, and its name there. */
const SCRIPTS: Readonly<Record<string, string>> = { kubectl: 'kubectl.sh', ssh: 'ssh.sh', rm: 'down.sh' };
/** The cluster that those scripts mean where nothing is exported. */
const DEFAULT_RIG = 'k8s-1.36';

/** What `gocli run` prints: nodes, time per step, and commands to type next. */
export function writeUpSummary(result: UpResult, waterfall: boolean, session: Session): void {
  const { state, started, timings, seconds } = result;
  const kubeconfig = kubeconfigPath(session.paths, state.name);
  writeResult(session, {
    data: {
      name: state.name,
      started,
      seconds,
      provider: state.plan.guest.provider,
      kubernetes: isKubernetes(state.plan.guest) ? kubernetesOf(state.plan.guest).version : null,
      accelerator: state.accelerator,
      acceleratorReason: state.acceleratorReason,
      template: state.template ?? null,
      thawed: wasThawed(result),
      nodes: nodesOf(result),
      ports: state.ports,
      kubeconfig,
      timings,
    },
    names: [state.name],
    text: textOf(result, waterfall, kubeconfig, invocation(session)),
  });
}

function nodesOf({ state }: UpResult): { name: string; address: string; cpus: number; memoryMiB: number }[] {
  const { guest } = state.plan;
  return nodePlans(guest).map(({ cpus, memoryMiB }, at) => ({
    name: nodeName(at + 1),
    address: nodeAddress(at + 1, nodeSubnet(guest)),
    cpus,
    memoryMiB,
  }));
}

/** A cluster that was booted has a template too, when it was frozen afterwards. */
function wasThawed({ state, timings }: UpResult): boolean {
  return state.template !== undefined && !timings.some(({ id }) => id === 'boot');
}

function textOf(result: UpResult, waterfall: boolean, kubeconfig: string, gocli: string): string {
  const { state, started, timings, seconds } = result;
  const what = `${isKubernetes(state.plan.guest) ? 'Cluster' : 'Rig'} ${state.name} is Ready${started ? ` after ${formatSeconds(seconds)}` : ' already'}${started && wasThawed(result) ? `, thawed from template ${state.template ?? ''}` : ''} (${state.accelerator}: ${clauseOf(state.acceleratorReason)}).`;
  const nodes = renderTable([
    ['NODE', 'ADDRESS', 'VCPUS', 'MEMORY'],
    ...nodesOf(result).map((node) => [
      node.name,
      node.address,
      String(node.cpus),
      `${node.memoryMiB.toFixed(0)}M`,
    ]),
  ]);
  const times = timings.length === 0 ? '' : `\n${waterfall ? renderWaterfall(timings) : timesOf(timings)}`;
  const { provider } = state.plan.guest;
  const rig = state.name === provider ? undefined : state.name;
  // A script means the cluster of its environment, which the next command of a shell need not have.
  const scripts = state.name === DEFAULT_RIG ? /^(.*)cli\.sh$/s.exec(gocli)?.[1] : undefined;
  const type = (verb: string, ...words: string[]): string =>
    scripts !== undefined && verb in SCRIPTS
      ? [`${scripts}${SCRIPTS[verb] ?? ''}`, ...words].join(' ')
      : gocliCommand(verb, rig, ...words).replace(/^gocli/, () => gocli);
  const next = !isKubernetes(state.plan.guest)
    ? [type('ssh', 'node01'), type('status'), type('rm')]
    : [
        `export KUBECONFIG=${quote(kubeconfig)}`,
        type('kubectl', 'get pods -A'),
        type('ssh', 'node01'),
        type('rm'),
      ];
  return `${what}\n\n${nodes}${times}\nNext:\n${next.map((line) => `  ${line}\n`).join('')}`;
}

function timesOf(timings: UpResult['timings']): string {
  const steps = timings.filter(({ detail }) => detail !== true);
  return renderTable(steps.map((step) => [step.title, formatSeconds(step.seconds)]));
}

/** How gocli is called where the user stands, as a shell reads it: the scripts of cluster-up say how they do. */
function invocation({ env }: Session): string {
  return env['GOCLI_COMMAND'] ?? 'gocli';
}
