import { renderKubeconfig, type AdminAccess } from '../../k8s/kubeconfig.ts';
import { thaw, type SavedState } from '../../frozen/thaw.ts';
import { readAttachment, type IntactTemplate } from '../../frozen/store.ts';
import type { Steps } from '../../events/steps.ts';
import { ApiClient } from '../../k8s/api.ts';
import { thawedConditions } from '../../k8s/conditions.ts';
import { within } from '../../shared/limit.ts';
import type { WaitOptions } from '../../waiting/condition.ts';
import { allMet, targetsOf } from '../cold-start.ts';
import type { ClusterLayout, Origin } from '../containers.ts';
import type { ClusterDeps } from '../deps.ts';
import { hostPort } from '../find.ts';
import { allContainers, launch, machinesOf, type Launched, type Started } from '../launch.ts';
import { writeSecret, writeState, type ClusterState } from '../state.ts';
import { removeSurplus } from '../surplus.ts';
import { whileAlive } from '../watchdog.ts';
import { parseAttachment, type Attachment } from './attachment.ts';

/** A thaw that takes longer failed: it takes a second, on a busy host some. */
const THAW_MS = 90_000;
/** Milliseconds one look may take: what is cut off has to be begun again. */
const LOOK_MS = 20_000;

/** @throws GocliError NOT_FOUND, BAD_FILE */
export async function attachmentOf(template: IntactTemplate, deps: ClusterDeps): Promise<Attachment> {
  return parseAttachment(await readAttachment(deps.docker, template));
}

/** Where the administrator of a thawed cluster connects to. */
export function adminOf(
  { admin }: Attachment,
  state: Pick<ClusterState, 'name' | 'ports'>,
): AdminAccess | undefined {
  if (admin === undefined) return undefined;
  return { ...admin, server: `https://127.0.0.1:${hostPort(state, '6443/tcp').toFixed(0)}` };
}

/** Keeps the keys of a thawed cluster in its state folder. */
export async function writeAccess(
  attachment: Attachment,
  state: ClusterState,
  { paths }: ClusterDeps,
): Promise<void> {
  await writeSecret(paths, state.name, 'id_ed25519', attachment.sshPrivateKey);
  const admin = adminOf(attachment, state);
  if (admin !== undefined) {
    await writeSecret(paths, state.name, 'kubeconfig', renderKubeconfig(state.name, admin));
  }
}

interface Claimed {
  readonly layout: ClusterLayout;
  readonly network: Started;
  readonly origin: Origin;
  readonly state: ClusterState;
  readonly attachment: Attachment;
}

/** Starts the containers of a claimed cluster, and meanwhile writes down what one needs to talk to it. */
export function launchWithAccess(
  { layout, network, origin, state, attachment }: Claimed,
  steps: Steps,
  deps: ClusterDeps,
): Promise<Launched> {
  return steps.run('containers', 'Starting the containers', async () => {
    const [launched] = await Promise.all([
      launch(layout, network, origin, deps),
      writeState(deps.paths, state),
      writeAccess(attachment, state, deps),
    ]);
    return launched;
  });
}

export interface ThawStart {
  readonly state: ClusterState;
  readonly layout: Pick<ClusterLayout, 'plan'>;
  readonly launched: Launched;
  readonly saved: SavedState;
  /** What has to be done before the machines go on. */
  readonly before?: (() => Promise<unknown>) | undefined;
  readonly attachment: Attachment;
  readonly timeoutMs: number;
}

/**
 * Lets the machines of launched containers go on from their saved state, and waits until the cluster proves to be
 * Ready. The clocks are right before that is said.
 * @throws GocliError TIMEOUT when it takes longer than a thaw may, and whatever the thaw meets
 */
export async function thawCluster(
  start: ThawStart,
  steps: Steps,
  deps: ClusterDeps,
  signal: AbortSignal,
): Promise<void> {
  const { launched, saved } = start;
  const { docker, clock } = deps;
  await whileAlive(docker, allContainers(launched), signal, async (alive) => {
    using limit = within(alive, Math.min(THAW_MS, start.timeoutMs));
    const bounded = limit.signal;
    await using thawed = await steps.run('thaw', 'Thawing the machines', () =>
      thaw(machinesOf(launched), saved, deps, bounded, start.before),
    );
    await steps.run('thawed', 'Waiting until the cluster is Ready', async (step) => {
      const options: WaitOptions = {
        clock,
        signal: bounded,
        timeoutMs: Math.min(THAW_MS, start.timeoutMs),
        intervalMs: 25,
        checkMs: LOOK_MS,
        onObserved: (message) => {
          step.progress({ message });
        },
      };
      const confirm = steps.detail('clock', 'the clocks are set', () => thawed.confirm(bounded));
      await Promise.all([confirm, ready(start, steps, options)]);
    });
  });
}

async function ready(start: ThawStart, steps: Steps, options: WaitOptions): Promise<void> {
  const admin = adminOf(start.attachment, start.state);
  if (admin === undefined) return;
  // A TLS handshake is the slowest thing that a busy guest does: one, and one more for each further kubelet, whose own
  // handshakes with the API server then go on beside each other.
  using api = new ApiClient(admin, start.layout.plan.guest.nodes);
  await removeSurplus(start, api, options);
  await allMet(thawedConditions(targetsOf(start.state, api)), steps, options);
}
