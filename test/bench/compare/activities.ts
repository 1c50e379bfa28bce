import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import type { Activity, Figure } from './plan.ts';
import type { Finished } from './side.ts';

/** A side as the activities see it. */
export interface Actor {
  readonly provider: string;
  readonly imageTag: string;
  readonly cluster: string;
  /** The template that its clusters are thawed from; known after the first start. */
  readonly template: string | undefined;
  readonly gocli: (...argv: string[]) => Promise<Finished>;
}

type Seconds = Partial<Record<Figure, number>>;

/** What is measured in each activity. A cluster that an activity starts is removed by it. */
export const PERFORM: Record<Activity, (actor: Actor, wanted: readonly Figure[]) => Promise<Seconds>> = {
  commands: async (actor, wanted) => ({
    ...(wanted.includes('help') ? { help: (await actor.gocli('--help')).seconds } : {}),
    ...(wanted.includes('ls') ? { ls: (await actor.gocli('ls')).seconds } : {}),
  }),
  life: async (actor, wanted) => {
    const started = await startCluster(actor);
    checkThawed(actor, started);
    const saved = wanted.includes('snapshot') ? { snapshot: await snapshot(actor) } : {};
    const stopped = wanted.includes('stop') || wanted.includes('start') ? await stopAndStart(actor) : {};
    return { thaw: started.seconds, ...saved, ...stopped, rm: await remove(actor) };
  },
  cold: async (actor) => {
    const { seconds } = await startCluster(actor, '--no-template');
    await remove(actor);
    return { cold: seconds };
  },
};

/** What `gocli run -o json` says of a start. */
export interface Started {
  readonly seconds: number;
  readonly thawed: boolean;
  readonly template: string | null;
}

/** From the typed line until Ready. */
export async function startCluster(
  { gocli, provider, imageTag, cluster }: Actor,
  ...flags: string[]
): Promise<Started> {
  const image = ['--no-provision', '--container-suffix', imageTag];
  const { seconds, stdout } = await gocli(
    'run',
    provider,
    '--name',
    cluster,
    '-o',
    'json',
    ...image,
    ...flags,
  );
  const { thawed, template } = JSON.parse(stdout) as Started;
  return { seconds, thawed, template };
}

/** A cold start in between is no thaw, nor is one from another template: somebody removed the side's own. */
function checkThawed({ cluster, template }: Actor, started: Started): void {
  if (started.thawed && started.template === template) return;
  const seen = started.thawed ? `it came from template ${started.template ?? 'none'}` : 'it started cold';
  throw new GocliError('CONFLICT', `cluster ${cluster} was not thawed from template ${template ?? 'none'}`, {
    observed: seen,
    hint: 'See whether memory is free and the template is intact (gocli template verify), and compare again.',
  });
}

/** Name of the snapshot of a side's cluster. */
export function snapshotOf(cluster: string): string {
  return `${cluster}-s`;
}

async function snapshot({ gocli, cluster }: Actor): Promise<number> {
  const { seconds } = await gocli('snapshot', 'create', snapshotOf(cluster), '--name', cluster);
  await gocli('snapshot', 'rm', snapshotOf(cluster));
  return seconds;
}

async function stopAndStart({ gocli, cluster }: Actor): Promise<Seconds> {
  const { seconds: stop } = await gocli('stop', cluster);
  const { seconds: start } = await gocli('start', cluster);
  return { stop, start };
}

/** Seconds of it. */
export async function remove({ gocli, cluster }: Actor): Promise<number> {
  return (await gocli('rm', '--name', cluster)).seconds;
}
