import { messageOf } from '../../errors/error.ts';
import { listTemplates, unpublishTemplate } from '../../frozen/templates.ts';
import { allOf } from '../../shared/all.ts';
import { generateSshKey } from '../../ssh/keys.ts';
import { kindOf } from '../kind.ts';
import type { RigLayout } from '../container-specs.ts';
import type { Origin } from '../machines.ts';
import { checkMemory } from '../host-memory.ts';
import type { RigState } from '../state.ts';
import { collectGarbage } from '../template/stock.ts';
import type { KindKeys, RigKeys } from '../template/keys.ts';
import { makeTemplate } from '../template/make.ts';
import { whileAlive } from '../watchdog.ts';
import { launchWithAccess } from './go-on.ts';
import { claimNew } from './claim-new.ts';
import type { Running } from './launch-claimed.ts';
import { allContainers } from './launch.ts';
import { notice } from '../deps.ts';
import { markReady, stateOf, type Starting } from './starting.ts';

/** Boots the machines and lets their kind make a rig of them; with an origin of kind `build` also the template. */
export async function coldStart(
  starting: Starting,
  origin: Origin & { kind: 'boot' | 'build' },
): Promise<RigState> {
  const { deps, plan, timeoutMs } = starting;
  await kindOf(deps.kinds, plan.guest).beforeBoot?.(plan.guest, deps);
  const tight = await checkMemory(plan.guest);
  if (tight !== undefined) notice(deps, tight, 'warning');
  const ssh = await generateSshKey(plan.host.name);
  const layout: RigLayout = { ...starting.surroundings.layout, sshPublicKey: ssh.publicKey };
  const building = origin.kind === 'build' ? { building: origin.template } : {};
  const state: RigState = { ...stateOf(starting, layout), ...building };
  const sshKeys = { sshPrivateKey: ssh.privateKey, sshPublicKey: ssh.publicKey };
  const running = await launchNew(starting, { layout, origin, state, keys: sshKeys });
  const kindKeys = await bringUp(starting, running, ssh.privateKey);
  const ready = await markReady(running.state, deps);
  if (origin.kind === 'boot') return ready;
  const keys: RigKeys = { ...sshKeys, ...kindKeys };
  const making = { ...running, id: origin.template, key: starting.key, state: ready, keys, timeoutMs };
  const made = await makeTemplate(making, starting.steps, deps);
  if (made.published) await makeRoom(starting, origin.template);
  return made.state;
}

interface NewRig {
  readonly layout: RigLayout;
  readonly origin: Origin;
  readonly state: RigState;
  readonly keys: RigKeys;
}

function launchNew({ steps, deps }: Starting, { layout, origin, state, keys }: NewRig): Promise<Running> {
  return steps.run('containers', 'Starting the containers', async () => {
    // Only one of two starts gets the container's name; the other one must not touch this rig's state.
    const network = await claimNew(layout, deps);
    return launchWithAccess({ layout, network, origin, state }, keys, deps);
  });
}

function bringUp(
  { plan, steps, deps, timeoutMs }: Starting,
  { state, launched }: Running,
  sshPrivateKey: string,
): Promise<KindKeys> {
  const kind = kindOf(deps.kinds, plan.guest);
  return whileAlive(deps.docker, allContainers(launched), deps.signal, (alive) =>
    kind.bringUp({ state, launched, sshPrivateKey, timeoutMs }, steps, deps, alive),
  );
}

/**
 * A new template takes the place of those of the same plan, which did not fit or were not wanted; others go when all
 * together are too big.
 */
async function makeRoom(starting: Starting, id: string): Promise<void> {
  const { deps, templateBudget } = starting;
  try {
    await removeOlder(starting, id);
    const removed = await collectGarbage(deps, templateBudget);
    for (const gone of removed) notice(deps, `Removed template ${gone.id}: ${gone.why}.`);
  } catch (error) {
    // The rig is Ready; what cannot be tidied up now is no failure of its start.
    notice(deps, `Templates could not be tidied up: ${messageOf(error)}. Try it later: gocli gc`, 'warning');
  }
}

async function removeOlder({ key, plan, deps }: Starting, id: string): Promise<void> {
  const same = (await listTemplates(deps.docker, key)).filter((template) => template.id !== id);
  const older = same.filter(
    ({ manifest }) => typeof manifest === 'string' || manifest.machines.length === plan.guest.nodes,
  );
  await allOf(older.map((template) => unpublishTemplate(deps.docker, template)));
}
