import { join } from 'node:path';
import type { StepHandle, Steps } from '../events/steps.ts';
import { linked } from '../shared/limit.ts';
import { explainDiskFull } from './disk-full.ts';
import { exclusively } from '../host/exclusive.ts';
import { holderWords } from '../place/lock-holder.ts';
import { stepKey } from './hash.ts';
import { digestStep, type ForcedSteps, type PlannedStep, planStep } from './plan-steps.ts';
import type { ProvisionDeps, ProvisionStep, Recipe, StepName } from './step.ts';
import type { Store, StoredResult } from './result-store.ts';

/** What running steps work with. */
export interface Engine extends ProvisionDeps {
  readonly recipe: Recipe;
  readonly store: Store;
  readonly labels: Readonly<Record<string, string>>;
  readonly steps: Steps;
}

export interface FinishedStep {
  readonly key: string;
  readonly cached: boolean;
  readonly result: StoredResult;
}

/**
 * Runs what the plan says, each step as soon as what it needs is there, independent steps side by side. The first
 * failure ends the others; what had finished by then stays cached.
 * @throws whatever the first failing step threw; the signal's reason
 */
export async function runSteps(
  planned: readonly PlannedStep[],
  forced: ForcedSteps,
  engine: Engine,
): Promise<Map<StepName, FinishedStep>> {
  using together = linked(engine.signal);
  const inner: Engine = { ...engine, signal: together.signal };
  // A volatile step that the plan wants checked again runs though its result is there.
  const again = planned.filter(({ step, cached }) => step.volatile === true && cached === undefined);
  const asked = new Map([...forced, ...again.map(({ step, why }) => [step.name, why] as const)]);
  const running = new Map<StepName, Promise<FinishedStep>>();
  for (const { step } of planned) {
    const needs = step.needs.map(async (need) => [need, await running.get(need)] as const);
    const started = Promise.all(needs).then((done) => runStep(step, new Map(done), asked, inner));
    started.catch((error: unknown) => {
      together.abort(error);
    });
    running.set(step.name, started);
  }
  await Promise.allSettled(running.values());
  engine.signal.throwIfAborted();
  together.signal.throwIfAborted();
  return new Map(await Promise.all([...running].map(async ([name, done]) => [name, await done] as const)));
}

type Needed = ReadonlyMap<StepName, FinishedStep | undefined>;

async function runStep(
  step: ProvisionStep,
  needed: Needed,
  forced: ForcedSteps,
  engine: Engine,
): Promise<FinishedStep> {
  engine.signal.throwIfAborted();
  const keys = new Map([...needed].map(([name, done]) => [name, done?.key ?? '']));
  const planned = await planStep(step, keys, forced, engine);
  return engine.steps.run(step.name, step.title, async (handle) => {
    if (planned.cached !== undefined) {
      handle.cached();
      return { key: planned.key, cached: true, result: planned.cached };
    }
    handle.note(planned.why);
    const file = join(engine.paths.cache, 'provision', 'locks', `${step.name}-${planned.key}`);
    const onWait = (pid: string): void => {
      const holder = holderWords({ pid: /^\d+$/.test(pid) ? Number(pid) : undefined });
      handle.progress({ message: `waiting for ${holder}, which does the same` });
    };
    const { clock, signal } = engine;
    return exclusively(file, { clock, signal, onWait }, () =>
      runAlone(planned, keys, forced, engine, needed, handle),
    );
  });
}

async function runAlone(
  before: PlannedStep,
  keys: ReadonlyMap<StepName, string>,
  forced: ForcedSteps,
  engine: Engine,
  needed: Needed,
  handle: StepHandle,
): Promise<FinishedStep> {
  const { step } = before;
  // Another process may have finished the very same while this one waited.
  const now = await planStep(step, keys, forced, engine);
  if (now.cached !== undefined) {
    handle.cached();
    return { key: now.key, cached: true, result: now.cached };
  }
  const start = engine.clock.monotonic();
  await using workspace = await engine.store.workspace(step.name);
  const results = Object.fromEntries([...needed].map(([name, done]) => [name, done?.result.folder ?? '']));
  const earlier = forced.has(step.name)
    ? []
    : (await engine.store.all(step.name)).map(({ folder }) => folder);
  const { output, scratch } = workspace;
  try {
    await step.run({ ...engine, key: now.key, results, earlier, output, scratch, step: handle });
    engine.signal.throwIfAborted();
    const digests = step.volatile === true ? await digestStep(step, keys, engine.recipe) : now.digests;
    const key = stepKey(step.name, digests);
    const seconds = (engine.clock.monotonic() - start) / 1000;
    const record = { hash: key, seconds, inputs: digests, provider: engine.recipe.provider.name };
    const result = await engine.store.publish(step.name, workspace, record);
    return { key, cached: false, result };
  } catch (error) {
    engine.signal.throwIfAborted();
    throw explainDiskFull(error, step.title, engine.paths.cache);
  }
}
