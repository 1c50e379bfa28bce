import { GocliError, isCode } from '../errors/error.ts';
import { Failures } from '../errors/several.ts';
import type { Manifest } from '../frozen/manifest.ts';
import { listTemplates, unpublishTemplate } from '../frozen/templates.ts';
import { verifyTemplate } from '../frozen/verify.ts';
import { LABEL } from '../place/labels.ts';
import { planRig, type PlanRequest } from '../rig/make-plan.ts';
import type { GuestPlan } from '../rig/plan.ts';
import { cleanUpAfter, removeRig } from '../rig/remove.ts';
import { lookAround } from '../rig/start/surroundings.ts';
import { chooseTemplate, guestOf } from '../rig/template/choose.ts';
import { machinesNeeded } from '../rig/template/used.ts';
import { stock, type StockItem } from '../rig/template/stock.ts';
import { templateKey } from '../rig/template/key.ts';
import { up } from '../rig/up.ts';
import { didYouMean } from '../shared/text.ts';
import { withRightAddons } from './addon-plans.ts';
import { refuseNameWithAll } from './choose.ts';
import type { Context, NoRequest } from './context.ts';
import { changingRig } from './operation.ts';
import { guestOptions, OPTIONS, readInputs, readRunOptions, type InputsOf } from './options.ts';
import { localImage, obtainImage, type FindImage } from './provider-image.ts';
import { startOf } from './run.ts';

/** Which template; may be left out when there is only one. */
export interface TemplateChoice {
  /** Its id. */
  readonly template?: string | undefined;
}

export interface TemplatesChoice extends TemplateChoice {
  /** Every template there is. */
  readonly all?: boolean | undefined;
}

/** Options of `run` that decide which template fits. */
export const PLAN_OPTIONS = guestOptions(OPTIONS);
type PlanInputs = InputsOf<typeof PLAN_OPTIONS>;

/** A template, and the plan that it is compared with: the provider's default one with these changes. */
export interface TemplateShowRequest extends TemplateChoice, PlanInputs {}

export interface TemplateBuildRequest extends PlanInputs {
  readonly provider: string;
}

export interface ListedTemplate {
  readonly id: string;
  readonly provider: string;
  readonly nodes: number;
  /** Bytes on disk of memory and state. */
  readonly bytes: number;
  /** RFC 3339, as all times here; the epoch when it cannot be read. */
  readonly createdAt: string;
  /** When the first of its keys expires; null for never. */
  readonly expiresAt: string | null;
  readonly lastUse: string;
  /** Names of rigs that were thawed from it. */
  readonly usedBy: readonly string[];
  readonly hasImage: boolean;
  /** Why it cannot be used; null when it can. */
  readonly problem: string | null;
}

export interface ShownTemplate extends ListedTemplate {
  readonly manifest: Manifest | null;
  /** What its guests were started with. */
  readonly guest: GuestPlan | null;
  readonly fits: boolean;
  /** In words. */
  readonly why: string;
}

/** All templates, the newest first. */
export async function ls(_request: NoRequest, context: Context): Promise<{ templates: ListedTemplate[] }> {
  return { templates: (await stock(context)).map(listed) };
}

/** What a template holds, and whether it fits a plan. @throws GocliError NOT_FOUND, BAD_VALUE */
export async function show(request: TemplateShowRequest, context: Context): Promise<ShownTemplate> {
  const { template, ...plan } = request;
  const item = await oneItem(template, context);
  const { manifest } = item.template;
  const known = typeof manifest === 'string' ? undefined : manifest;
  const why = await fitOf(item, plan, context);
  const guest = (known && guestOf(known)) ?? null;
  return { ...listed(item), manifest: known ?? null, guest, fits: why === FITS, why };
}

const FITS = 'it fits';

async function fitOf(item: StockItem, plan: PlanInputs, context: Context): Promise<string> {
  const { template, provider } = item;
  if (typeof template.manifest === 'string') return template.manifest;
  const request = await planOf(provider, plan, localImage, context).catch((error: unknown) => {
    if (isCode(error, 'IMAGE_MISSING') || isCode(error, 'PROVIDER_UNKNOWN')) return undefined;
    throw error;
  });
  if (request === undefined) return `there is no image ${provider} to compare it with`;
  const asked = planRig(request, context.kinds);
  const { place } = await lookAround(asked, context);
  const choice = chooseTemplate(
    [template],
    templateKey(asked, context.kinds),
    asked,
    place,
    machinesNeeded(asked.guest, context.kinds),
  );
  return choice.template === undefined ? (choice.why ?? 'it is of another provider') : FITS;
}

/** The plan that a template is of. @param find how its image is had */
async function planOf(
  provider: string,
  plan: PlanInputs,
  find: FindImage,
  context: Context,
): Promise<PlanRequest> {
  const values = await withRightAddons(readInputs(PLAN_OPTIONS, plan, context.naming), context);
  const image = await find({ provider, provision: true, network: values.network }, context);
  return { ...image, naming: context.naming, values: { ...values, name: `template-${context.run}` } };
}

/**
 * Starts a rig, which leaves its template behind, and removes it again.
 * @returns the id of the template; null when none could be made
 * @throws GocliError PROVIDER_UNKNOWN, IMAGE_MISSING, BAD_VALUE, and what a start meets
 */
export async function build(
  request: TemplateBuildRequest,
  context: Context,
): Promise<{ template: string | null }> {
  const values = readRunOptions({}, context.env, false, context.naming);
  const { provider, ...plan } = request;
  const planned = await planOf(provider, plan, obtainImage, context);
  // Named after the plan, so that what a build left that was killed is found by the next one.
  const key = templateKey(planRig(planned, context.kinds), context.kinds);
  const name = `template-${key.slice(0, 12)}`;
  return changingRig(context, name, async (own) => {
    await removeRig(name, own);
    try {
      const asked = { ...planned, ...startOf(values), pool: undefined, values: { ...planned.values, name } };
      const { state } = await up(asked, own);
      // A rig may run on a template that could not be published.
      const published = (await listTemplates(context.docker)).some(({ id }) => id === state.template);
      return { template: published ? (state.template ?? null) : null };
    } finally {
      await cleanUpAfter(name, own, () => removeRig(name, own));
    }
  });
}

/**
 * Reads every byte of templates, and removes those that are damaged.
 * @returns for each the files that differ or are missing
 * @throws GocliError USAGE (one and all), NOT_FOUND; what one met, once all were tried: `done` is then the result of the others
 */
export async function verify(
  request: TemplatesChoice,
  context: Context,
): Promise<{ templates: { id: string; damaged: readonly string[] }[] }> {
  const { docker, signal, run } = context;
  const templates: { id: string; damaged: readonly string[] }[] = [];
  const failures = new Failures();
  const verifyOne = async ({ template }: StockItem): Promise<void> => {
    const { id, manifest } = template;
    const damaged =
      typeof manifest === 'string'
        ? [manifest]
        : await verifyTemplate(docker, template, manifest, { [LABEL.run]: run }, signal);
    if (damaged.length > 0) await unpublishTemplate(docker, template);
    templates.push({ id, damaged });
  };
  for (const item of await chosenItems(request, context)) await failures.part(() => verifyOne(item));
  failures.throw(
    (count) => `${count.toFixed(0)} templates could not be verified`,
    templates.length === 0 ? undefined : { templates },
  );
  return { templates };
}

/**
 * Removes templates. Which is always said, also when there is only one.
 * @returns for each the rigs that still run on its files
 * @throws GocliError USAGE (one and all, or none), NOT_FOUND; what one met, once all were tried: `done` is then the result of
 * the others
 */
export async function rm(
  request: TemplatesChoice,
  context: Context,
): Promise<{ removed: { id: string; usedBy: readonly string[] }[] }> {
  const removed: { id: string; usedBy: readonly string[] }[] = [];
  const failures = new Failures();
  const removeOne = async ({ template, usedBy }: StockItem): Promise<void> => {
    await unpublishTemplate(context.docker, template);
    removed.push({ id: template.id, usedBy });
  };
  // It takes minutes to make; a word that is missing must not cost one.
  if (request.template === undefined && request.all !== true) {
    throw new GocliError('USAGE', 'which template is to be removed?', {
      hint: 'Name it (gocli template ls), or say --all',
    });
  }
  for (const item of await chosenItems(request, context)) await failures.part(() => removeOne(item));
  failures.throw(
    (count) => `${count.toFixed(0)} templates were not removed`,
    removed.length === 0 ? undefined : { removed },
  );
  return { removed };
}

async function chosenItems({ template, all }: TemplatesChoice, context: Context): Promise<StockItem[]> {
  refuseNameWithAll(template, all, context.naming);
  return all === true ? stock(context) : [await oneItem(template, context)];
}

/** The template with that id, or the only one there is. @throws GocliError NOT_FOUND */
async function oneItem(id: string | undefined, context: Context): Promise<StockItem> {
  const items = await stock(context);
  const ids = items.map(({ template }) => template.id);
  const found = items.find(({ template }) => template.id === id);
  const [only] = items;
  if (found !== undefined) return found;
  if (id === undefined && only !== undefined && items.length === 1) return only;
  const known = ids.length === 0 ? 'There is none.' : `Templates: ${ids.join(', ')}`;
  if (id === undefined) throw new GocliError('NOT_FOUND', 'which template is meant?', { hint: known });
  throw new GocliError('NOT_FOUND', `there is no template "${id}".${didYouMean(id, ids)}`, { hint: known });
}

function listed(item: StockItem): ListedTemplate {
  const { template, provider, nodes, bytes, createdAt, lastUse, usedBy, hasImage } = item;
  const intact = typeof template.manifest === 'string' ? undefined : template.manifest;
  const expiresAt = intact?.expiresAt;
  return {
    id: template.id,
    provider,
    nodes,
    bytes,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    lastUse: new Date(lastUse).toISOString(),
    usedBy,
    hasImage,
    problem: typeof template.manifest === 'string' ? template.manifest : null,
  };
}
