import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { GocliError, messageOf } from '../errors/error.ts';
import { LABEL } from '../docker/labels.ts';
import type { Docker } from '../docker/port.ts';
import { Steps } from '../events/steps.ts';
import { listTemplates, sweepTemplates, unpublishTemplate } from '../frozen/store.ts';
import { savedStateOf } from '../frozen/thaw.ts';
import { FROZEN } from '../frozen/files.ts';
import { refusal } from '../frozen/gate.ts';
import type { Manifest } from '../frozen/manifest.ts';
import { exclusively } from '../host/exclusive.ts';
import type { AdminAccess } from '../k8s/kubeconfig.ts';
import { lastLines } from '../shared/text.ts';
import { generateSshKey } from '../ssh/keys.ts';
import { waitForAgents } from './agents.ts';
import { coldStart } from './cold-start.ts';
import type { ClusterLayout, Origin } from './containers.ts';
import type { ClusterDeps } from './deps.ts';
import { removeLabelled } from './down.ts';
import { collectEvidence } from './evidence.ts';
import { allContainers, claim, launch, machinesOf, type Launched } from './launch.ts';
import { checkMemory } from './preflight.ts';
import { writeState, type ClusterState } from './state.ts';
import { bakedTemplate } from './snapshot/bake.ts';
import { inside } from './snapshot/create.ts';
import type { Snapshot } from './snapshot/store.ts';
import { survey, type Survey } from './survey.ts';
import type { Attachment } from './template/attachment.ts';
import { chooseTemplate, type Choice, type FittingTemplate } from './template/choose.ts';
import { markUsed } from './template/inventory.ts';
import { templateKey } from './template/key.ts';
import { makeTemplate } from './template/make.ts';
import { attachmentOf, thawCluster, writeAccess } from './template/thaw-start.ts';
import type { ClusterPlan } from './plan.ts';
import { whileAlive } from './watchdog.ts';

/** Whether a start may thaw: `use` a template or make one, make a `fresh` one, or none at all. */
export type TemplateUse = 'use' | 'fresh' | 'none';

export interface Start {
  readonly plan: ClusterPlan;
  readonly run: string;
  readonly template: TemplateUse;
  /** Snapshot that the cluster begins at, instead of a boot. */
  readonly snapshot?: Snapshot | undefined;
  /** Milliseconds for each wait. */
  readonly timeoutMs: number;
}

/** A start under way: what was found out, and who is told. */
interface Work extends Start {
  readonly key: string;
  readonly survey: Survey;
  readonly steps: Steps;
  readonly deps: ClusterDeps;
}

/** Starts a cluster that does not exist: thawed from a template that fits, else cold. */
export async function startCluster(start: Start, steps: Steps, deps: ClusterDeps): Promise<ClusterState> {
  const found = await steps.run('prepare', 'Choosing accelerator, ports and template', async (step) => {
    const [surveyed, choice] = await prepare(start, deps);
    step.note(`${surveyed.layout.accelerator}: ${surveyed.acceleratorReason}`);
    return { surveyed, choice };
  });
  const work: Work = { ...start, key: templateKey(start.plan), survey: found.surveyed, steps, deps };
  if (start.snapshot !== undefined) return fromSnapshot(start.snapshot, work);
  if (start.template === 'none') return cold(work, { kind: 'boot' });
  const thawed = await thawIfFits(found.choice, work);
  return thawed ?? coldWithTemplate(work);
}

async function prepare(start: Start, deps: ClusterDeps): Promise<[Survey, Choice]> {
  const [surveyed, templates] = await Promise.all([
    survey(start.plan, start.run, deps),
    start.template === 'use' ? listTemplates(deps.docker) : [],
  ]);
  return [surveyed, chooseTemplate(templates, templateKey(start.plan), start.plan, surveyed.place)];
}

/** Only one command at a time makes the template of a plan; others wait for it, which is quicker than to make another. */
async function coldWithTemplate(work: Work): Promise<ClusterState> {
  const { deps, key } = work;
  const onWait = (pid: string): void => {
    notice(deps, `Waiting for the template of this plan, which process ${pid} is making.`);
  };
  const file = join(deps.paths.state, 'templates', key.slice(0, 16));
  return exclusively(file, { clock: deps.clock, signal: deps.signal, onWait }, async () => {
    if (work.template === 'use') {
      const templates = await listTemplates(deps.docker, key);
      // The survey may be older than the template that was waited for.
      const place = { ...work.survey.place, now: deps.clock.now() };
      const choice = chooseTemplate(templates, key, work.plan, place);
      const thawed = choice.template === undefined ? undefined : await thawIfFits(choice, work);
      if (thawed !== undefined) return thawed;
    }
    await sweepTemplates(deps.docker);
    return cold(work, { kind: 'build', template: randomBytes(6).toString('hex') });
  });
}

/** A new cluster that begins at a snapshot of another; what cannot be thawed is an error here, not a cold start. */
async function fromSnapshot(snapshot: Snapshot, work: Work): Promise<ClusterState> {
  const { deps, steps, run } = work;
  const template = await steps.run('bake', 'Making a template of the snapshot', () =>
    bakedTemplate(snapshot, run, deps),
  );
  const place = { ...work.survey.place, now: deps.clock.now() };
  const why = refusal(template.manifest, place);
  if (why === undefined) return thawFrom(template, work);
  throw new GocliError('CONFLICT', `snapshot "${snapshot.name}" cannot be thawed here: ${why}`);
}

/** The thawed cluster, or undefined when there is nothing to thaw or it did not work out. */
async function thawIfFits(choice: Choice, work: Work): Promise<ClusterState | undefined> {
  const { deps } = work;
  if (choice.template === undefined) {
    if (choice.why !== undefined) notice(deps, `Starting cold: ${choice.why}.`);
    return undefined;
  }
  try {
    return await thawFrom(choice.template, work);
  } catch (error) {
    deps.signal.throwIfAborted();
    if (!(error instanceof ThawFailure)) throw error;
    await afterFailedThaw(choice.template, error, work);
    return undefined;
  }
}

/** Something that went wrong after the containers were claimed, so that a cold start may do better. */
class ThawFailure extends Error {}

async function thawFrom(template: FittingTemplate, work: Work): Promise<ClusterState> {
  const { deps, steps, plan, timeoutMs } = work;
  const { manifest } = template;
  const attachment = await attachmentOf(template, deps);
  const layout = { ...work.survey.layout, sshPublicKey: attachment.sshPublicKey };
  const state = { ...stateOf(work, layout), template: template.id };
  const used = manifest.machines.slice(0, plan.guest.nodes);
  const origin: Origin = { kind: 'thaw', template: template.id, machines: used, verify: true };
  const network = await claim(layout, deps);
  try {
    const launched = await steps.run('containers', 'Starting the containers', async () => {
      const [started] = await Promise.all([
        launch(layout, network, origin, deps),
        writeState(deps.paths, state),
        writeAccess(attachment, state, deps),
      ]);
      return started;
    });
    const saved = savedStateOf(manifest);
    const before = (): Promise<void> => seedRegistry(manifest, launched, deps.docker);
    const start = { state, layout, launched, saved, attachment, timeoutMs, before };
    await Promise.all([thawCluster(start, steps, deps, deps.signal), markUsed(deps, template.id)]);
  } catch (error) {
    throw new ThawFailure(wordsOf(error), { cause: error });
  }
  return markReady(state, deps);
}

/** A cluster that begins at a snapshot has its images too. */
async function seedRegistry({ about }: Manifest, launched: Launched, docker: Docker): Promise<void> {
  if (about['snapshot'] === undefined) return;
  const script = `cp -a ${FROZEN}/registry/. /data/registry/`;
  await inside(docker, machinesOf(launched)[0], script, [], '107:107');
}

function wordsOf(error: unknown): string {
  const observed = error instanceof GocliError ? lastLines(error.observed ?? '', 1) : '';
  return observed === '' ? messageOf(error) : `${messageOf(error)} (${observed})`;
}

async function afterFailedThaw(template: FittingTemplate, failure: Error, work: Work): Promise<void> {
  const { deps, plan, run } = work;
  const folder = await collectEvidence(plan.host.name, run, deps).catch(() => undefined);
  await removeLabelled(deps.docker, { [LABEL.cluster]: plan.host.name, [LABEL.run]: run });
  await unpublishTemplate(deps.docker, template);
  const kept = folder === undefined ? '' : ` What was logged is kept in ${folder}.`;
  notice(
    deps,
    `Starting cold: template ${template.id} could not be thawed and is removed: ${failure.message}.${kept}`,
  );
}

/** Boots the machines and makes a cluster of them; with an origin of kind `build` also the template. */
async function cold(work: Work, origin: Origin & { kind: 'boot' | 'build' }): Promise<ClusterState> {
  const { deps, steps, plan, timeoutMs } = work;
  await checkMemory(plan.guest);
  const key = await generateSshKey(plan.host.name);
  const layout: ClusterLayout = { ...work.survey.layout, sshPublicKey: key.publicKey };
  const keys: Attachment = { sshPrivateKey: key.privateKey, sshPublicKey: key.publicKey };
  const state = stateOf(work, layout);
  const launched = await steps.run('containers', 'Starting the containers', async () => {
    // Only one of two starts gets the container's name; the other one must not touch this cluster's state.
    const network = await claim(layout, deps);
    await writeState(deps.paths, state);
    await writeAccess(keys, state, deps);
    return launch(layout, network, origin, deps);
  });
  const admin = await whileAlive(deps.docker, allContainers(launched), deps.signal, (alive) =>
    boot(work, state, launched, key.privateKey, alive),
  );
  const ready = await markReady(state, deps);
  if (origin.kind === 'boot') return ready;
  const attachment = admin === undefined ? keys : { ...keys, admin };
  const making = { id: origin.template, key: work.key, survey: work.survey, layout, state, launched };
  const made = await makeTemplate({ ...making, attachment, timeoutMs }, steps, deps);
  if (made) await replaceOlder(work, origin.template);
  return made ? markReady({ ...state, template: origin.template }, deps) : ready;
}

async function boot(
  { plan, timeoutMs, steps, deps }: Work,
  state: ClusterState,
  launched: Launched,
  sshPrivateKey: string,
  signal: AbortSignal,
): Promise<AdminAccess | undefined> {
  if (plan.guest.kubernetes === undefined) {
    await steps.run('boot', 'Booting the machines', () =>
      waitForAgents(machinesOf(launched), deps, signal, timeoutMs),
    );
    return undefined;
  }
  const start = { state, networkContainer: launched.network.id, sshPrivateKey, timeoutMs };
  return coldStart(start, steps, deps, signal);
}

/** A new template takes the place of those of the same plan, which did not fit or were not wanted. */
async function replaceOlder({ key, plan, deps }: Work, id: string): Promise<void> {
  const same = (await listTemplates(deps.docker, key)).filter((template) => template.id !== id);
  const older = same.filter(
    ({ manifest }) => typeof manifest === 'string' || manifest.machines.length === plan.guest.nodes,
  );
  await Promise.all(older.map((template) => unpublishTemplate(deps.docker, template)));
}

function stateOf(
  { plan, run, survey: { acceleratorReason }, deps }: Work,
  layout: ClusterLayout,
): ClusterState {
  return {
    format: 1,
    name: plan.host.name,
    createdAt: new Date(deps.clock.now()).toISOString(),
    run,
    accelerator: layout.accelerator,
    acceleratorReason,
    plan,
    ports: { ...layout.ports },
    sshPublicKey: layout.sshPublicKey,
  };
}

async function markReady(state: ClusterState, { paths, clock }: ClusterDeps): Promise<ClusterState> {
  const ready = { ...state, readyAt: new Date(clock.now()).toISOString() };
  await writeState(paths, ready);
  return ready;
}

function notice({ emit }: ClusterDeps, text: string): void {
  emit({ type: 'notice', level: 'info', text });
}
