import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { RigDeps } from '../../gocli-ts/src/rig/deps.ts';
import type { RigLayout } from '../../gocli-ts/src/rig/container-specs.ts';
import type { RigState } from '../../gocli-ts/src/rig/state.ts';
import type { UpRequest } from '../../gocli-ts/src/rig/up.ts';
import { readRunOptions, type RunInputs } from '../../gocli-ts/src/api/options.ts';
import { FACTS_LABEL, type ProviderFacts } from '../../gocli-ts/src/provider/facts.ts';
import type { ImageInfo } from '../../gocli-ts/src/place/interface.ts';
import type { GocliEvent } from '../../gocli-ts/src/events/events.ts';
import { deviceAccess } from '../../gocli-ts/src/machine/devices.ts';
import { EMULATED_CPU } from '../../gocli-ts/src/machine/cpu-models.ts';
import { kubernetesKind } from '../../gocli-ts/src/kubernetes/kind.ts';
import { vmKind } from '../../gocli-ts/src/vm/kind.ts';
import { AS_FLAGS } from '../../gocli-ts/src/rig/options/option.ts';
import { tinyKind } from '../kinds/tiny.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDocker } from '../fakes/docker.ts';
import { healthyAgent, jsonPeer } from '../fakes/json-peer.ts';
import { FakeSsh } from '../fakes/ssh.ts';

/** Facts of a provider of plain virtual machines. */
export const VM_FACTS: ProviderFacts = {
  format: 1,
  name: 'vm-1',
  defaults: { nodes: 1, cpus: 1, memoryMiB: 128 },
  kernelArgs: [],
  disk: false,
  tiny: {},
};

/** Facts of a provider of Kubernetes. */
export const K8S_FACTS: ProviderFacts = {
  format: 1,
  name: 'k8s-1.36',
  defaults: { nodes: 1, cpus: 2, memoryMiB: 3072 },
  kernelArgs: [],
  disk: true,
  kubernetes: { version: '1.36.3', podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' },
};

/** Everything an operation on clusters works with, nothing of it real but a folder of its own. */
export interface Engine extends RigDeps {
  readonly docker: FakeDocker;
  readonly ssh: FakeSsh;
  readonly clock: FakeClock;
  readonly events: GocliEvent[];
  readonly stop: AbortController;
}

/** Guests of the engine have an agent that is up. */
export async function makeEngine(t: ExecutionContext): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const paths = { state: join(folder, 'state'), cache: join(folder, 'cache') };
  await rememberEmulation(paths.state);
  const events: GocliEvent[] = [];
  const stop = new AbortController();
  const docker = new FakeDocker();
  docker.onConnect = () => jsonPeer(healthyAgent).near;
  return {
    docker,
    ssh: new FakeSsh(),
    clock: new FakeClock(),
    paths,
    emit: (event) => events.push(event),
    signal: stop.signal,
    kinds: [kubernetesKind, vmKind, tinyKind],
    run: '0123abcd',
    version: '0.1.0',
    checkout: '/',
    naming: AS_FLAGS,
    events,
    stop,
  };
}

/** What a start on a host without a working /dev/kvm leaves behind, so that tests are the same on every host. */
async function rememberEmulation(state: string): Promise<void> {
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const choice = { accelerator: 'tcg', cpu: EMULATED_CPU, reason: 'there is no /dev/kvm' };
  await mkdir(state, { recursive: true });
  await writeFile(
    join(state, 'accelerator.json'),
    JSON.stringify({ bootId, daemon: new FakeDocker().at, image: '', ...choice }),
  );
}

/** Adds a provider image; its reference is `gocli/<name>:latest`. */
export function addProvider(docker: FakeDocker, facts: ProviderFacts): ImageInfo {
  return docker.addImage(`gocli/${facts.name}:latest`, { [FACTS_LABEL]: JSON.stringify(facts) });
}

/** What a test asks of a start: the request, and values of options as the library's users write them. */
type Asked = Partial<Omit<UpRequest, 'values'>> &
  Pick<RunInputs, 'name' | 'nodes' | 'cpu' | 'memory' | 'diskSize' | 'ttl' | 'ttlEvidence'>;

/** A request for a cluster "c" of one virtual machine. */
export function requestFor(image: ImageInfo, asked: Asked = {}): UpRequest {
  const { name, nodes, cpu, memory, diskSize, ttl, ttlEvidence, ...rest } = asked;
  const inputs = { name: name ?? 'c', nodes, cpu, memory, diskSize, ttl, ttlEvidence };
  const values = readRunOptions(inputs, {}, false);
  return {
    image,
    reference: image.tags[0] ?? image.id,
    keepOnFailure: false,
    template: 'none',
    timeoutMs: 5000,
    ...rest,
    values: { ...values, name: values.name ?? 'c' },
  };
}

/** Identity of the processor of an emulated machine. */
export const EMULATED = { ...EMULATED_CPU, host: '', flags: '' };

/** The state of a cluster "c" of one virtual machine. */
export function stateOf(changed: Partial<RigState> = {}): RigState {
  return {
    format: 1,
    name: 'c',
    createdAt: '2030-01-01T00:00:00.000Z',
    run: '0123abcd',
    sshPublicKey: 'ssh-ed25519 AAAA c',
    accelerator: 'tcg',
    acceleratorReason: 'there is no /dev/kvm',
    cpu: EMULATED,
    plan: {
      guest: {
        provider: 'vm-1',
        nodes: 1,
        cpus: 1,
        memoryMiB: 128,
        kernelArgs: [],
        disk: false,
        tiny: {},
      },
      host: { name: 'c', image: 'gocli/vm-1:latest', imageId: 'sha256:1', pinnedPorts: {} },
    },
    ports: { '2201/tcp': 40001, '6443/tcp': 40002, '5000/tcp': 40003 },
    readyAt: '2030-01-01T00:01:00.000Z',
    ...changed,
  };
}

/** The same of Kubernetes. */
export function clusterState(changed: Partial<RigState> = {}): RigState {
  const { guest, host } = stateOf().plan;
  const ofCluster = { ...guest, tiny: undefined, kubernetes: K8S_FACTS['kubernetes'] };
  return stateOf({ plan: { guest: ofCluster, host }, ...changed });
}

/** What containers of such a cluster are made by. */
export function layoutOf(changed: Partial<RigLayout> = {}): RigLayout {
  return {
    plan: stateOf().plan,
    ports: {},
    portInfos: [],
    networks: ['192.168.66.0/24'],
    accelerator: 'tcg',
    cpu: EMULATED,
    access: deviceAccess(0o020666, undefined),
    run: 'run1',
    version: '0.1.0',
    sshPublicKey: 'ssh-ed25519 AAAA c',
    ...changed,
  };
}

/** The same while it starts. */
export function unready(state: RigState): RigState {
  const starting = { ...state };
  delete starting.readyAt;
  return starting;
}
