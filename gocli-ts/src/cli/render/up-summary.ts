import { summaryOf, type RunSummary } from '../../api/run-summary.ts';
import type { RunResult } from '../../api/run.ts';
import { gocliCommand } from '../../shared/command.ts';
import { quote } from '../../shared/quote.ts';
import { formatSeconds } from '../../shared/text.ts';
import type { Session } from '../session.ts';
import { endWords } from './end-words.ts';
import { writeResult } from './output.ts';
import { renderTable } from './table.ts';
import { renderWaterfall } from './waterfall.ts';

/** Verbs that have a script in cluster-up, and its name there. */
const SCRIPTS: Readonly<Record<string, string>> = { kubectl: 'kubectl.sh', ssh: 'ssh.sh', rm: 'down.sh' };
/** The cluster that those scripts mean where nothing is exported. */
const DEFAULT_RIG = 'k8s-1.36';

/** What `gocli run` prints: nodes, time per step, and commands to type next. */
export function writeUpSummary(result: RunResult, waterfall: boolean, session: Session): void {
  const { state, started, timings, seconds } = result;
  const summary = summaryOf(result, session);
  writeResult(session, {
    data: {
      name: state.name,
      started,
      seconds,
      provider: state.plan.guest.provider,
      ...summary.versions,
      accelerator: state.accelerator,
      acceleratorReason: state.acceleratorReason,
      template: state.template ?? null,
      thawed: summary.thawed,
      nodes: summary.nodes,
      ports: state.ports,
      until: state.until ?? null,
      ...summary.secretFiles,
      timings,
    },
    names: [state.name],
    text: textOf(result, summary, waterfall, session),
  });
}

function textOf(result: RunResult, summary: RunSummary, waterfall: boolean, session: Session): string {
  const { timings, state } = result;
  const nodes = renderTable([
    ['NODE', 'ADDRESS', 'VCPUS', 'MEMORY'],
    ...summary.nodes.map((node) => [
      node.name,
      node.address,
      String(node.cpus),
      `${node.memoryMiB.toFixed(0)}M`,
    ]),
  ]);
  const times = timings.length === 0 ? '' : `\n${waterfall ? renderWaterfall(timings) : timesOf(timings)}`;
  const next = nextLines(result, summary, invocation(session));
  const end =
    state.until === undefined
      ? ''
      : `\nIts time: ${endWords(state.until, session.clock.now())}; then gocli gc and gocli run remove it.\n`;
  return `${headline(result, summary)}\n\n${nodes}${times}${end}\nNext:\n${next.map((line) => `  ${line}\n`).join('')}`;
}

function headline({ state, started, seconds }: RunResult, { called, ...summary }: RunSummary): string {
  const what = `${called.slice(0, 1).toUpperCase()}${called.slice(1)} ${state.name}`;
  const when = started ? `after ${formatSeconds(seconds)}` : 'already';
  const whence = started && summary.thawed ? `, thawed from template ${state.template ?? ''}` : '';
  return `${what} is Ready ${when}${whence} (${state.accelerator}: ${summary.acceleratorReason}).`;
}

/** What to type next, as it can be pasted where the user stands. */
function nextLines({ state }: RunResult, { next, secretFiles }: RunSummary, gocli: string): string[] {
  // A script takes the cluster from its environment, and without that means the default one.
  const isMeant = state.name === (gocli === 'gocli' ? state.plan.guest.provider : DEFAULT_RIG);
  const rig = isMeant ? undefined : state.name;
  // A script means the cluster of its environment, which the next command of a shell need not have.
  const scripts = state.name === DEFAULT_RIG ? /^(.*)cli\.sh$/s.exec(gocli)?.[1] : undefined;
  return [...next, { verb: 'rm' }].map((step) => {
    if ('variable' in step) return `export ${step.variable}=${quote(secretFiles[step.secretFile] ?? '')}`;
    const { verb, words = [] } = step;
    return scripts !== undefined && verb in SCRIPTS
      ? [`${scripts}${SCRIPTS[verb] ?? ''}`, ...words].join(' ')
      : gocliCommand(verb, rig, ...words).replace(/^gocli/, () => gocli);
  });
}

function timesOf(timings: RunResult['timings']): string {
  const steps = timings.filter(({ detail }) => detail !== true);
  return renderTable(steps.map((step) => [step.title, formatSeconds(step.seconds)]));
}

/** How gocli is called where the user stands, as a shell reads it: the scripts of cluster-up say how they do. */
function invocation({ env }: Session): string {
  return env['GOCLI_COMMAND'] ?? 'gocli';
}
