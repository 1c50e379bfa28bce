import test from 'ava';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { resolverFile } from '../../../../gocli-ts/src/host/resolvers.ts';
import type { ContainerSpec } from '../../../../gocli-ts/src/place/port.ts';
import { up } from '../../../../gocli-ts/src/rig/up.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS } from '../../../helpers/engine.ts';

const RESOLVERS = '/run/host-resolvers';
const mountsOf = ({ mounts = [] }: ContainerSpec) => mounts.map(({ target }) => target);

test('a daemon that does not see the files of this host keeps its own resolvers', async (t) => {
  const engine = await makeEngine(t);
  const { docker } = engine;
  const { before } = docker;
  let refused = false;
  docker.before = async (method, args) => {
    await before(method, args);
    if (method !== 'containers.create' || !mountsOf(args[0] as ContainerSpec).includes(RESOLVERS)) return;
    refused = true;
    throw new GocliError('DOCKER', 'Docker could not create a container', {
      observed: 'invalid mount config for type "bind": bind source path does not exist: /run/x',
    });
  };
  t.true((await up(requestFor(addProvider(docker, VM_FACTS)), engine)).started);
  const specs = [...docker.containerStore.values()].map(({ spec }) => spec);
  t.is(specs.length, 3);
  t.is(refused, resolverFile() !== undefined);
  t.false(specs.flatMap(mountsOf).includes(RESOLVERS));
});
