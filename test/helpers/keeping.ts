import type { ExecutionContext } from 'ava';
import { findRigs } from '../../gocli-ts/src/rig/find.ts';
import { keptRegistries } from '../../gocli-ts/src/rig/kept-registry.ts';
import { removeRig } from '../../gocli-ts/src/rig/remove.ts';
import { up } from '../../gocli-ts/src/rig/up.ts';
import type { FakeDocker } from '../fakes/docker.ts';
import { requestFor } from './engine.ts';
import { makeSaving, type Saving } from './saving.ts';

export const APP = '/data/registry/app';
export const BYTES = 2048 * 1024;

/** What programs do with what a registry stores. */
export function scriptRegistry(docker: FakeDocker): void {
  docker.onExec(([, , script = '', , ...parameters], { id }) => {
    if (script.includes('du -sk'))
      return { stdout: docker.read(id, APP) === undefined ? 'none\n' : '2048\n' };
    const copy = /\[ -s "\$2" \]/.test(script) ? docker.read(id, parameters[1] ?? '') : undefined;
    if (copy !== undefined && copy !== '') return undefined;
    const emptied = /find ("\$1"|\S+) -mindepth 1 -delete/.exec(script)?.[1];
    if (emptied !== undefined) docker.erase(id, emptied === '"$1"' ? (parameters[0] ?? '') : emptied);
    return undefined;
  });
}

/** A cluster "c" to whose registry an image was pushed. */
export async function pushed(t: ExecutionContext): Promise<Saving> {
  const saving = await makeSaving(t);
  scriptRegistry(saving.engine.docker);
  push(saving, 'c', 'v1');
  return saving;
}

export function push({ engine: { docker } }: Saving, name: string, text: string): void {
  const registry = [...docker.containerStore.values()].find(({ info }) => info.name === `${name}-registry`);
  docker.write(registry?.info.id ?? '', APP, text);
}

/** What the registry of a cluster stores, be it that only its volume is there. */
export function stored({ engine: { docker } }: Saving, volume = 'c-data'): string | undefined {
  const has = [...docker.containerStore.values()].find(({ spec }) =>
    (spec.mounts ?? []).some(({ source, target }) => source === volume && target === '/data'),
  );
  return has === undefined ? undefined : docker.read(has.info.id, APP);
}

export const keep = ({ engine }: Saving, name = 'c', changed = {}) =>
  removeRig(name, { ...engine, ...changed }, { registry: true });

export async function run(saving: Saving, id = 'later', name = 'c'): Promise<void> {
  const [image] = await saving.engine.docker.images.list({});
  if (image === undefined) throw new Error('no image');
  await up(requestFor(image, { name }), saving.run(id));
}

export const kept = async ({ engine: { docker, paths } }: Saving): Promise<[string, number][]> =>
  (await keptRegistries(docker, await findRigs(docker, paths))).map(({ name, bytes }) => [name, bytes]);

export const volumes = ({ engine: { docker } }: Saving): string[] => [...docker.volumeStore.keys()].sort();

export const keeperOf = ({ engine: { docker } }: Saving, name = 'c'): string =>
  [...docker.containerStore.values()].find(({ info }) => info.name === `${name}-kept`)?.info.id ?? '';
