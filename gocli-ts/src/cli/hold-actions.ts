import { findClusters, phaseOf, type ClusterPhase, type FoundCluster } from '../rig/find.ts';
import { pauseCluster, resumeCluster, startStopped, stopCluster } from '../rig/stop.ts';
import { notice } from '../rig/start/starting.ts';
import type { Steps } from '../events/steps.ts';
import { estimatedSteps } from '../host/timings.ts';
import { wholeNumber } from './numbers.ts';
import { chooseAnyCluster } from './options.ts';
import { pinnedPorts } from './port-options.ts';
import { writeResult } from './render/output.ts';
import type { Session } from './session.ts';

interface HoldArguments {
  readonly cluster?: string | undefined;
  readonly name?: string | undefined;
  readonly all: boolean;
}

export function stopAction(args: HoldArguments, session: Session): Promise<number> {
  return forEach(args, 'running', 'Stopped', session, (found, steps) => stopCluster(found, steps, session));
}

export function startAction(
  args: HoldArguments & { readonly timeout: number } & Parameters<typeof pinnedPorts>[0],
  session: Session,
): Promise<number> {
  const timeoutMs = (wholeNumber('--timeout', args.timeout) ?? 600) * 1000;
  const request = { timeoutMs, pinnedPorts: pinnedPorts(args) };
  return forEach(args, 'stopped', 'Started', session, (found, steps) =>
    startStopped(found, request, steps, session),
  );
}

export function pauseAction(args: HoldArguments, session: Session): Promise<number> {
  return forEach(args, 'running', 'Paused', session, async (found) => {
    const skewMs = await pauseCluster(found, session);
    notice(session, `All machines of ${found.name} stood still within ${skewMs.toFixed(1)} ms.`);
  });
}

export function resumeAction(args: HoldArguments, session: Session): Promise<number> {
  return forEach(args, 'paused', 'Resumed', session, (found) => resumeCluster(found, session));
}

/** Does it with the cluster named, or with all that are in the state. */
async function forEach(
  args: HoldArguments,
  state: ClusterPhase,
  done: string,
  session: Session,
  work: (found: FoundCluster, steps: Steps) => Promise<unknown>,
): Promise<number> {
  const clusters = args.all
    ? (await findClusters(session.docker, session.paths)).filter((found) => phaseOf(found) === state)
    : [await chooseAnyCluster(args.cluster ?? args.name, session)];
  const steps = await estimatedSteps(session);
  for (const found of clusters) await work(found, steps);
  const names = clusters.map(({ name }) => name);
  writeResult(session, {
    data: { clusters: names, seconds: steps.elapsed() },
    names,
    text:
      names.length === 0
        ? 'There is no such cluster.\n'
        : names.map((name) => `${done} cluster ${name}.\n`).join(''),
  });
  return 0;
}
