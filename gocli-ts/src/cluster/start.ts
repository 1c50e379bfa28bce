import { randomBytes } from 'node:crypto';
import { messageOf } from '../errors/error.ts';
import type { Steps } from '../events/steps.ts';
import { listTemplates, sweepTemplates, unpublishTemplate } from '../frozen/templates.ts';
import type { AdminAccess } from '../k8s/kubeconfig.ts';
import { generateSshKey } from '../ssh/keys.ts';
import { waitForAgents } from './agents.ts';
import { coldStart } from './cold-start.ts';
import type { ClusterLayout, Origin } from './containers.ts';
import type { ClusterDeps } from './deps.ts';
import { allContainers, claim, launch, machinesOf, type Launched } from './launch.ts';
import { checkMemory } from './preflight.ts';
import { writeState, type ClusterState } from './state.ts';
import { survey, type Survey } from './survey.ts';
import type { Attachment } from './template/attachment.ts';
import { chooseTemplate, type Choice } from './template/choose.ts';
import { collectGarbage } from './template/inventory.ts';
import { templateKey } from './template/key.ts';
import { makingTemplate } from './template/lock.ts';
import { makeTemplate } from './template/make.ts';
import { writeAccess } from './template/thaw-start.ts';
import { fromSnapshot, thawIfFits } from './thawed-start.ts';
import { whileAlive } from './watchdog.ts';
import { markReady, notice, stateOf, type Start, type Work } from './work.ts';

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
  return makingTemplate(key, deps, async () => {
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

/** Boots the machines and makes a cluster of them; with an origin of kind `build` also the template. */
async function cold(work: Work, origin: Origin & { kind: 'boot' | 'build' }): Promise<ClusterState> {
  const { deps, steps, plan, timeoutMs } = work;
  const tight = await checkMemory(plan.guest);
  if (tight !== undefined) notice(deps, tight, 'warning');
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
  const making = { id: origin.template, key: work.key, layout, state, launched };
  const made = await makeTemplate({ ...making, attachment, timeoutMs }, steps, deps);
  if (made) await makeRoom(work, origin.template);
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

/**
 * A new template takes the place of those of the same plan, which did not fit or were not wanted; others go when all
 * together are too big.
 */
async function makeRoom({ key, plan, deps, templateBudget }: Work, id: string): Promise<void> {
  const same = (await listTemplates(deps.docker, key)).filter((template) => template.id !== id);
  const older = same.filter(
    ({ manifest }) => typeof manifest === 'string' || manifest.machines.length === plan.guest.nodes,
  );
  await Promise.all(older.map((template) => unpublishTemplate(deps.docker, template)));
  // The cluster is Ready; what cannot be tidied up now is no failure of its start.
  const removed = await collectGarbage(deps, templateBudget).catch((error: unknown) => {
    notice(deps, `Templates could not be tidied up: ${messageOf(error)}.`, 'warning');
    return [];
  });
  for (const gone of removed) notice(deps, `Removed template ${gone.id}: ${gone.why}.`);
}
