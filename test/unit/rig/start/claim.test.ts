import test from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import type { ContainerSpec } from '../../../../gocli-ts/src/place/interface.ts';
import { claim } from '../../../../gocli-ts/src/rig/start/launch.ts';
import { addProvider, layoutOf, makeEngine, stateOf, VM_FACTS } from '../../../helpers/engine.ts';

const RESOLVERS = { shown: '/run/x', file: 'resolv.conf' };
const mountsOf = ({ mounts = [] }: ContainerSpec) => mounts.map(({ target }) => target);

test('a daemon that does not see the files of this host keeps its own resolvers', async (t) => {
  for (const observed of [
    undefined,
    'invalid mount config for type "bind": bind source path does not exist: /run/x',
    'mounts denied: the path /run/x is not shared from the host',
    // Podman.
    'statfs /run/x: no such file or directory',
  ]) {
    const engine = await makeEngine(t);
    const { docker } = engine;
    const { id: imageId } = addProvider(docker, VM_FACTS);
    const { guest, host } = stateOf().plan;
    const layout = layoutOf({ plan: { guest, host: { ...host, imageId } } });
    if (observed !== undefined)
      docker.failNext('containers.create', new GocliError('DOCKER', 'it was not created', { observed }));
    await claim(layout, engine, RESOLVERS);
    const [made, ...more] = [...docker.containerStore.values()].map(({ spec }) => mountsOf(spec));
    t.deepEqual(more, []);
    t.is(made?.includes('/run/host-resolvers'), observed === undefined);
  }
});
