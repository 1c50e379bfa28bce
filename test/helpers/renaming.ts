import { join } from 'node:path';
import { rename } from '../../gocli-ts/src/api/rename.ts';
import type { RigDeps } from '../../gocli-ts/src/rig/deps.ts';
import { findRigs, requireRig } from '../../gocli-ts/src/rig/find.ts';
import { phaseOf } from '../../gocli-ts/src/rig/life.ts';
import { createSnapshot } from '../../gocli-ts/src/rig/snapshot/create.ts';
import { pauseRig } from '../../gocli-ts/src/rig/pause.ts';
import { FakeHost } from '../fakes/host.ts';
import { stepsOf, stop, type Saving } from './saving.ts';

/** Renames a cluster. @param env with the kubeconfigs of the user, if there are any */
export const to = (deps: RigDeps, name: string, before = 'c', env: Record<string, string> = {}) =>
  rename({ name: before, to: name }, { ...deps, host: new FakeHost(), env, cwd: '/', checkout: '/' });

export const listed = async ({ docker, paths }: Pick<RigDeps, 'docker' | 'paths'>): Promise<string[]> =>
  (await findRigs(docker, paths)).map((found) => `${found.name} ${phaseOf(found)}`);

export async function snapshot({ engine }: Saving, name: string, of = 'c'): Promise<void> {
  const found = await requireRig(engine.docker, engine.paths, of);
  await createSnapshot(found, { name, kind: 'snapshot' }, stepsOf(engine), engine);
}

/** The same daemon as another user sees it. */
export const elsewhere = ({ engine: { paths } }: Saving, who = 'elsewhere') => ({
  paths: { ...paths, state: join(paths.state, who) },
});

/** A cluster "c" in each state in which it can be renamed. */
export const STATES: Readonly<Record<string, (saving: Saving) => Promise<unknown>>> = {
  running: (saving) => snapshot(saving, 's1'),
  paused: async (saving) => pauseRig(await saving.found(), saving.engine),
  stopped: async (saving) => {
    await snapshot(saving, 's1');
    await stop(saving);
  },
  halted: async (saving) => {
    await snapshot(saving, 's1');
    const { docker } = saving.engine;
    for (const id of docker.containerStore.keys()) docker.end(id, 137);
  },
};
