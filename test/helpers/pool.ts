import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { ProviderFacts } from '../../gocli-ts/src/provider/facts.ts';
import type { RigDeps } from '../../gocli-ts/src/rig/deps.ts';
import { findRig, findRigs } from '../../gocli-ts/src/rig/find.ts';
import { isPooled, phaseOf } from '../../gocli-ts/src/rig/life.ts';
import { planRig } from '../../gocli-ts/src/rig/make-plan.ts';
import { fillPools, type Filling } from '../../gocli-ts/src/rig/pool/fill.ts';
import { poolKey, writePool, type Pool } from '../../gocli-ts/src/rig/pool/pools.ts';
import { up, type UpRequest, type UpResult } from '../../gocli-ts/src/rig/up.ts';
import { scriptMachines, type FakeMachines } from '../unit/frozen/machines.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS, type Engine } from './engine.ts';

/** A pool of a provider of virtual machines, and a daemon in which it can be filled. */
export interface PoolBench {
  readonly engine: Engine;
  readonly machines: FakeMachines;
  readonly pool: Pool;
  readonly filling: Filling;
  /** What a start asks for; `pool: 'take'` unless told. */
  request(name: string, changed?: Partial<UpRequest>): UpRequest;
  fill(changed?: Partial<RigDeps>): Promise<readonly string[]>;
  run(name: string, changed?: Partial<UpRequest>, deps?: RigDeps): Promise<UpResult>;
  /** Names and phases of all rigs of the pool. */
  members(): Promise<string[]>;
  /** The same of all others. */
  others(): Promise<string[]>;
  notices(): string[];
}

/** What another command works with. */
export function another(engine: Engine, changed: Partial<RigDeps> = {}): RigDeps {
  return { ...engine, run: randomBytes(4).toString('hex'), ...changed };
}

/** @param facts of its provider */
export async function makePool(
  t: ExecutionContext,
  size: number,
  facts: ProviderFacts = VM_FACTS,
): Promise<PoolBench> {
  const engine = await makeEngine(t);
  const machines = scriptMachines(engine.docker, engine.clock);
  engine.docker.onExec((argv) =>
    argv.includes('measure') ? { stdout: `9 ${'a'.repeat(64)} 8 1 ${'b'.repeat(64)}\n` } : undefined,
  );
  const image = addProvider(engine.docker, facts);
  const request = (name: string, changed: Partial<UpRequest> = {}): UpRequest =>
    requestFor(image, { template: 'use', pool: 'take', name, ...changed });
  const key = poolKey(planRig(request('any'), engine.kinds), engine.kinds);
  const pool = { id: key, provider: 'vm-1', options: {}, size, key, former: [] };
  await writePool(engine.paths, pool);
  const filling: Filling = {
    request: (_pool, name) => {
      const { values, ...rest } = request('any', { template: 'none', pool: 'filling' });
      return Promise.resolve({ ...rest, values: { ...values, name } });
    },
  };
  const listed = async (pooled: boolean): Promise<string[]> =>
    (await findRigs(engine.docker, engine.paths))
      .filter((found) => isPooled(found) === pooled)
      .map((found) => `${found.name} ${phaseOf(found)}`);
  return {
    engine,
    machines,
    pool,
    filling,
    request,
    fill: async (changed) => (await fillPools(filling, another(engine, changed))).made,
    run: (name, changed, deps = another(engine)) => up(request(name, changed), deps),
    members: () => listed(true),
    others: () => listed(false),
    notices: () => engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : [])),
  };
}

/** The id of a rig: by it, it is the one that stood in the pool, whatever it is called. */
export async function idOf({ engine }: PoolBench, name: string): Promise<string | undefined> {
  return (await findRig(engine.docker, engine.paths, name))?.id;
}
