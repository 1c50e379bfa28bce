import type { ExecutionContext } from 'ava';
import { Steps } from '../../gocli-ts/src/events/steps.ts';
import type { RigDeps } from '../../gocli-ts/src/rig/deps.ts';
import { findRig, requireRig } from '../../gocli-ts/src/rig/find.ts';
import { phaseOf, type FoundRig } from '../../gocli-ts/src/rig/life.ts';
import { startStopped } from '../../gocli-ts/src/rig/start/stopped.ts';
import { stopRig } from '../../gocli-ts/src/rig/stop.ts';
import type { RigState } from '../../gocli-ts/src/rig/state.ts';
import type { ProviderFacts } from '../../gocli-ts/src/provider/facts.ts';
import { up } from '../../gocli-ts/src/rig/up.ts';
import { scriptMachines, type FakeMachines } from '../unit/frozen/machines.ts';
import type { FakeDocker } from '../fakes/docker.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS, type Engine } from './engine.ts';

/** An engine whose machines can be saved and loaded, with a cluster "c" of one of them that is Ready. */
export interface Saving extends Pick<FakeMachines, 'told' | 'refused'> {
  readonly engine: Engine;
  /** What another run of gocli works with. */
  run(id: string, changed?: Partial<RigDeps>): RigDeps;
  found(): Promise<FoundRig>;
  phase(): Promise<string | undefined>;
  containers(): string[];
  notices(): string[];
}

export async function makeSaving(t: ExecutionContext, facts: ProviderFacts = VM_FACTS): Promise<Saving> {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  const { told, refused } = scriptMachines(docker, engine.clock);
  removeFilesFrom(docker);
  await up(requestFor(addProvider(docker, facts)), engine);
  return {
    engine,
    told,
    refused,
    run: (run, changed = {}) => ({ ...engine, run, ...changed }),
    found: () => requireRig(docker, paths, 'c'),
    phase: async () => {
      const found = await findRig(docker, paths, 'c');
      return found === undefined ? undefined : phaseOf(found);
    },
    containers: () => [...docker.containerStore.values()].map(({ info }) => info.name).sort(),
    notices: () => engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : [])),
  };
}

/** What `rm -rf` does to the volumes of a container. */
function removeFilesFrom(docker: FakeDocker): void {
  docker.onExec((argv, container) => {
    if (argv[2]?.startsWith('rm -rf "$@"') === true)
      for (const path of argv.slice(4)) docker.erase(container.id, path);
    return undefined;
  });
}

export const stepsOf = (deps: RigDeps): Steps => new Steps(deps.emit, deps.clock);

export async function stop(saving: Saving, deps: RigDeps = saving.engine): Promise<void> {
  await stopRig(await saving.found(), stepsOf(deps), deps);
}

export async function start(
  saving: Saving,
  deps: RigDeps,
  pinnedPorts: Readonly<Record<string, number>> = {},
): Promise<RigState> {
  const found = await requireRig(deps.docker, deps.paths, 'c');
  return startStopped(found, { timeoutMs: 5000, pinnedPorts }, stepsOf(deps), deps);
}
