import { randomBytes } from 'node:crypto';
import { GocliError } from '../../errors/error.ts';
import type { Steps } from '../../events/steps.ts';
import { listTemplates, restoreTemplates, sweepTemplates } from '../../frozen/templates.ts';
import { clauseOf } from '../../machine/accelerator.ts';
import { allOf } from '../../shared/all.ts';
import type { RigDeps } from '../deps.ts';
import type { RigState } from '../state.ts';
import { chooseTemplate, type Choice } from '../template/choose.ts';
import { templateKey } from '../template/key.ts';
import { makingTemplate } from '../template/template-lock.ts';
import { machinesNeeded } from '../template/used.ts';
import { coldStart } from './cold.ts';
import { lookAround, type Surroundings } from './surroundings.ts';
import type { Start, Starting } from './starting.ts';
import { fromSnapshot, thawIfFits } from './thawed.ts';

/** Makes no template: none is wanted, or there is one. */
const BOOT = { kind: 'boot' } as const;

/** Starts a rig that does not exist: thawed from a template that fits, else cold. */
export async function startRig(start: Start, steps: Steps, deps: RigDeps): Promise<RigState> {
  const key = templateKey(start.plan, deps.kinds);
  const found = await steps.run('prepare', 'Choosing accelerator, ports and template', async (step) => {
    const [surroundings, choice] = await prepare(start, key, deps);
    step.note(`${surroundings.layout.accelerator}: ${clauseOf(surroundings.acceleratorReason)}`);
    return { surroundings, choice };
  });
  const starting: Starting = { ...start, key, surroundings: found.surroundings, steps, deps };
  if (start.snapshot !== undefined) return fromSnapshot(start.snapshot, starting);
  if (start.template === 'none') return coldStart(starting, BOOT);
  const thawed = await thawIfFits(found.choice, starting);
  if (typeof thawed !== 'string') return thawed;
  return thawed === 'kept' ? afterKept(starting) : coldWithTemplate(starting);
}

async function prepare(start: Start, key: string, deps: RigDeps): Promise<[Surroundings, Choice]> {
  const [surroundings, templates] = await allOf([
    lookAround(start.plan, deps),
    start.template === 'use' ? listTemplates(deps.docker) : [],
  ]);
  const needed = machinesNeeded(start.plan.guest, deps.kinds);
  const choice = chooseTemplate(templates, key, start.plan, surroundings.place, needed);
  const isLost = choice.template === undefined && start.template === 'use';
  if (!isLost || !(await restoreTemplates(deps.docker))) return [surroundings, choice];
  const all = await listTemplates(deps.docker);
  return [surroundings, chooseTemplate(all, key, start.plan, surroundings.place, needed)];
}

/** Only one command at a time makes the template of a plan; others wait for it, which is quicker than to make another. */
async function coldWithTemplate(starting: Starting): Promise<RigState> {
  const { deps, key } = starting;
  return makingTemplate(key, deps, async () => {
    if (starting.template === 'use') {
      const templates = await listTemplates(deps.docker, key);
      // What was found out may be older than the template that was waited for.
      const place = { ...starting.surroundings.place, now: deps.clock.now() };
      const needed = machinesNeeded(starting.plan.guest, deps.kinds);
      const choice = chooseTemplate(templates, key, starting.plan, place, needed);
      const thawed = choice.template === undefined ? 'none' : await thawIfFits(choice, starting);
      if (typeof thawed !== 'string') return thawed;
      if (thawed === 'kept') return await afterKept(starting);
    }
    await sweepTemplates(deps);
    return coldStart(starting, { kind: 'build', template: randomBytes(6).toString('hex') });
  });
}

/** The thaw failed, and the template was not to blame. @throws GocliError TIMEOUT where nobody waits for the cluster */
function afterKept(starting: Starting): Promise<RigState> {
  if (starting.pool !== 'filling') return coldStart(starting, BOOT);
  throw new GocliError('TIMEOUT', 'a cluster for the pool could not be thawed', {
    hint: 'When this host is less busy: gocli pool fill --wait',
  });
}
