import { randomBytes } from 'node:crypto';
import type { ContainerSpec } from '../docker/port.ts';
import { FACTS_LABEL, providerFactsSchema, type ProviderFacts } from '../config/provider.ts';
import { LABEL } from '../docker/labels.ts';
import type { ContainerInfo, ImageInfo } from '../docker/port.ts';
import { GocliError, isCode, messageOf } from '../errors/error.ts';
import { Steps } from '../events/steps.ts';
import type { StepTiming } from '../events/events.ts';
import { Agent } from '../machine/agent.ts';
import { chooseAccelerator } from '../machine/accelerator.ts';
import { readDeviceAccess } from '../machine/devices.ts';
import { generateSshKey, type SshKeyPair } from '../ssh/keys.ts';
import { coldStart } from './cold-start.ts';
import {
  labelsFor,
  networkContainer,
  networkFiles,
  nodeContainer,
  registryContainer,
  type ClusterLayout,
} from './containers.ts';
import type { ClusterDeps } from './deps.ts';
import { removeLabelled } from './down.ts';
import { collectEvidence } from './evidence.ts';
import { findCluster, type FoundCluster } from './find.ts';
import { checkClusterName, registryVolume } from './names.ts';
import { planDifferences, planGuest, type ClusterPlan, type PlanRequest } from './plan.ts';
import { checkMemory, choosePorts } from './preflight.ts';
import { clusterStatus } from './status.ts';
import { readState, removeState, writeSecret, writeState, type ClusterState } from './state.ts';
import { whileAlive } from './watchdog.ts';

export interface UpRequest extends PlanRequest {
  readonly name: string;
  readonly image: ImageInfo;
  /** Reference the image was asked for by. */
  readonly reference: string;
  readonly pinnedPorts: Readonly<Record<string, number>>;
  readonly keepOnFailure: boolean;
  /** Milliseconds for each wait. */
  readonly timeoutMs: number;
  readonly estimates: Readonly<Record<string, number>>;
}

export interface UpResult {
  readonly state: ClusterState;
  /** False when the cluster ran already. */
  readonly started: boolean;
  readonly timings: readonly StepTiming[];
  readonly seconds: number;
}

/** The plan for a request, without touching anything. @throws GocliError BAD_VALUE, IMAGE_MISSING */
export function planCluster(request: UpRequest): ClusterPlan {
  return {
    guest: planGuest(factsOf(request.image, request.reference), request),
    host: {
      name: checkClusterName(request.name),
      image: request.reference,
      imageId: request.image.id,
      pinnedPorts: request.pinnedPorts,
    },
  };
}

/** Facts of a provider image. @throws GocliError IMAGE_MISSING when it is not one */
export function factsOf(image: ImageInfo, reference: string): ProviderFacts {
  const parsed = providerFactsSchema.safeParse(parseJson(image.labels[FACTS_LABEL]));
  if (parsed.success) return parsed.data;
  throw new GocliError('IMAGE_MISSING', `${reference} is not a provider image of this version of gocli`, {
    hint: 'Build one: gocli provision cluster-provision/k8s/<version>',
  });
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}

/**
 * Brings a cluster up. A healthy one with the same plan is left as it is; on failure or Ctrl-C everything this run
 * made is removed.
 * @throws GocliError CONFLICT (it runs with another plan), NOT_READY (it is broken), and whatever the start meets
 */
export async function up(request: UpRequest, deps: ClusterDeps): Promise<UpResult> {
  const plan = planCluster(request);
  const found = await findCluster(deps.docker, deps.paths, request.name);
  if (found !== undefined) return reuse(found, plan, deps);
  await checkMemory(plan.guest);
  const run = randomBytes(4).toString('hex');
  try {
    return await create(plan, run, request, deps);
  } catch (error) {
    await afterFailure(request, run, deps).catch((failure: unknown) => {
      const text = `Not everything could be removed (${messageOf(failure)}). Type: gocli rm --name ${request.name}`;
      deps.emit({ type: 'notice', level: 'warning', text });
    });
    throw error;
  }
}

async function reuse(found: FoundCluster, plan: ClusterPlan, deps: ClusterDeps): Promise<UpResult> {
  const { state, name } = found;
  if (state?.readyAt === undefined) {
    throw new GocliError('NOT_READY', `cluster "${name}" exists, but was never Ready`, {
      hint: `Remove it and start again: gocli rm --name ${name}`,
    });
  }
  const differences = planDifferences(state.plan, plan);
  if (differences.length > 0) {
    throw new GocliError('CONFLICT', `cluster "${name}" runs with another plan`, {
      observed: differences.join('\n'),
      hint: `Remove it first (gocli rm --name ${name}), or start another one beside it with --name`,
    });
  }
  const { ready, conditions } = await clusterStatus(found, deps);
  if (ready) return { state, started: false, timings: [], seconds: 0 };
  const missing = conditions.filter(({ met }) => !met).map((one) => `${one.name}: ${one.observed}`);
  throw new GocliError('NOT_READY', `cluster "${name}" exists, but is not Ready`, {
    observed: missing.join('\n'),
    hint: `Collect its logs (gocli logs --name ${name} --export DIR) or replace it (gocli rm --name ${name})`,
  });
}

async function create(
  plan: ClusterPlan,
  run: string,
  request: UpRequest,
  deps: ClusterDeps,
): Promise<UpResult> {
  const { docker, signal, paths, clock } = deps;
  const steps = new Steps(deps.emit, clock, request.estimates);
  const key = await generateSshKey(plan.host.name);
  const layout = await steps.run('prepare', 'Choosing accelerator and ports', async (step) => {
    const prepared = await prepare(plan, run, key, deps);
    step.note(`${prepared.accelerator}: ${prepared.acceleratorReason}`);
    return prepared;
  });
  const state = stateOf(layout, layout.acceleratorReason, clock.now());
  const containers = await steps.run('containers', 'Starting the containers', async () => {
    // Only one of two starts gets the container's name; the other one must not touch this cluster's state.
    const network = await createNetwork(layout, deps);
    await writeState(paths, state);
    await writeSecret(paths, plan.host.name, 'id_ed25519', key.privateKey);
    return startContainers(layout, network, deps);
  });
  await whileAlive(docker, containers, signal, async (alive) => {
    const network = containers.find(({ labels }) => labels[LABEL.role] === 'dnsmasq');
    if (plan.guest.kubernetes === undefined || network === undefined) {
      await steps.run('boot', 'Booting the machines', () =>
        waitForAgents(containers, deps, alive, request.timeoutMs),
      );
    } else {
      const start = {
        state,
        networkContainer: network.id,
        sshPrivateKey: key.privateKey,
        timeoutMs: request.timeoutMs,
      };
      await coldStart(start, steps, deps, alive);
    }
  });
  const ready = { ...state, readyAt: new Date(clock.now()).toISOString() };
  await writeState(paths, ready);
  return { state: ready, started: true, timings: steps.timings, seconds: steps.elapsed() };
}

type PreparedLayout = ClusterLayout & { readonly acceleratorReason: string };

async function prepare(
  plan: ClusterPlan,
  run: string,
  key: SshKeyPair,
  deps: ClusterDeps,
): Promise<PreparedLayout> {
  const { docker, paths, clock, signal, version } = deps;
  const access = await readDeviceAccess();
  const labels = { [LABEL.cluster]: plan.host.name, [LABEL.run]: run, [LABEL.role]: 'probe' };
  const ports = await choosePorts(docker, plan.guest.nodes, plan.host.pinnedPorts);
  const probe = { docker, image: plan.host.imageId, labels, access, paths, clock, signal };
  const choice = await chooseAccelerator(probe);
  return {
    plan,
    ports,
    accelerator: choice.accelerator,
    acceleratorReason: choice.reason,
    access,
    run,
    version,
    sshPublicKey: key.publicKey,
  };
}

function stateOf(layout: ClusterLayout, acceleratorReason: string, now: number): ClusterState {
  return {
    format: 1,
    name: layout.plan.host.name,
    createdAt: new Date(now).toISOString(),
    run: layout.run,
    accelerator: layout.accelerator,
    acceleratorReason,
    plan: layout.plan,
    ports: { ...layout.ports },
  };
}

type Started = Pick<ContainerInfo, 'id' | 'name' | 'labels'>;

async function createNetwork(layout: ClusterLayout, { docker }: ClusterDeps): Promise<Started> {
  const network = networkContainer(layout);
  return { id: await docker.containers.create(network), name: network.name, labels: network.labels };
}

/**
 * Starts the network container, and creates and starts the others. The network container must run before others can join its namespace; everything
 * else is done side by side. Nodes wait for their taps themselves.
 */
async function startContainers(
  layout: ClusterLayout,
  network: Started,
  deps: ClusterDeps,
): Promise<Started[]> {
  const { docker, signal } = deps;
  const { containers, volumes } = docker;
  const { plan } = layout;
  await allOf([
    volumes.create(registryVolume(plan.host.name), labelsFor(layout, 'registry-data')),
    containers.putFiles(network.id, '/etc/gocli', networkFiles(layout)),
  ]);
  await containers.start(network.id);
  signal.throwIfAborted();
  const others = [
    registryContainer(layout, network.id),
    ...Array.from({ length: plan.guest.nodes }, (_, at) => nodeContainer(layout, at + 1, network.id)),
  ];
  const started = await allOf(others.map((spec) => createAndStart(containers, spec)));
  signal.throwIfAborted();
  return [network, ...started];
}

async function createAndStart(
  containers: ClusterDeps['docker']['containers'],
  spec: ContainerSpec,
): Promise<Started> {
  const id = await containers.create(spec);
  await containers.start(id);
  return { id, name: spec.name, labels: spec.labels };
}

/** Like Promise.all, but waits for all of them, so that a clean-up finds everything that was made. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

async function waitForAgents(
  containers: readonly Started[],
  deps: ClusterDeps,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const nodes = containers.filter(({ labels }) => labels[LABEL.node] !== undefined);
  await Promise.all(
    nodes.map(async ({ id, labels }) => {
      const name = labels[LABEL.node] ?? '';
      try {
        await using agent = await openWhenServed(deps, id, name, bounded);
        await agent.execute('guest-ping', {}, bounded);
      } catch (error) {
        signal.throwIfAborted();
        if (!bounded.aborted) throw error;
        throw new GocliError(
          'TIMEOUT',
          `the guest agent of ${name} did not answer within ${timeoutMs / 1000} s`,
          { cause: error },
        );
      }
    }),
  );
}

/** qemu makes the agent's socket a moment after its container started. */
async function openWhenServed(
  deps: ClusterDeps,
  id: string,
  name: string,
  signal: AbortSignal,
): Promise<Agent> {
  for (;;) {
    try {
      return await Agent.open(deps.docker, id, name, signal);
    } catch (error) {
      if (!isCode(error, 'GUEST_DIED')) throw error;
      await deps.clock.sleep(100, signal);
    }
  }
}

/** Evidence is kept before anything goes; what the user asked to keep stays. */
async function afterFailure(request: UpRequest, run: string, deps: ClusterDeps): Promise<void> {
  const { docker, paths, emit, signal } = deps;
  if (!signal.aborted) {
    const folder = await collectEvidence(request.name, run, deps).catch(() => undefined);
    if (folder !== undefined)
      emit({ type: 'notice', level: 'info', text: `What was logged is kept in ${folder}` });
  }
  if (request.keepOnFailure && !signal.aborted) {
    emit({
      type: 'notice',
      level: 'info',
      text: `Everything is left in place. Remove it with: gocli rm --name ${request.name}`,
    });
    return;
  }
  await removeLabelled(docker, { [LABEL.cluster]: request.name, [LABEL.run]: run });
  const state = await readState(paths, request.name).catch(() => undefined);
  if (state?.run === run) await removeState(paths, request.name);
}
