import { down } from '../rig/remove.ts';
import { readRunOptions } from '../api/options.ts';
import { startOf } from '../api/run.ts';
import { planRig } from '../rig/make-plan.ts';
import { up } from '../rig/up.ts';
import { lookAround } from '../rig/start/surroundings.ts';
import { chooseTemplate, guestOf } from '../rig/template/choose.ts';
import { inventory, type InventoryItem } from '../rig/template/inventory.ts';
import { templateKey } from '../rig/template/key.ts';
import { EXIT } from '../errors/codes.ts';
import { GocliError, isCode } from '../errors/error.ts';
import { unpublishTemplate } from '../frozen/templates.ts';
import { verifyTemplate } from '../frozen/verify.ts';
import { didYouMean } from '../shared/text.ts';
import { obtainImage } from '../api/provider-image.ts';
import { templateRow, templateTable } from './render/templates.ts';
import { writeResult } from './render/output.ts';
import type { Session } from './session.ts';

interface PlanArguments {
  readonly name?: string | undefined;
  readonly nodes?: number | undefined;
  readonly memory?: readonly string[] | undefined;
  readonly cpu?: readonly string[] | undefined;
}

interface ChoiceArguments {
  readonly name?: string | undefined;
  readonly all: boolean;
}

export async function listAction(session: Session): Promise<number> {
  const items = await inventory(session);
  writeResult(session, {
    data: { templates: items.map((item) => templateRow(item)) },
    names: items.map(({ template }) => template.id),
    table: templateTable(items, session.clock.now()),
  });
  return EXIT.ok;
}

export async function showAction(args: PlanArguments, session: Session): Promise<number> {
  const item = await oneItem(args.name, session);
  const { template } = item;
  const fit = await fitOf(item, args, session);
  const manifest = typeof template.manifest === 'string' ? null : template.manifest;
  writeResult(session, {
    data: { ...templateRow(item), manifest, fits: fit === 'it fits', why: fit },
    names: [template.id],
    table: [
      ...Object.entries(templateRow(item)).map(([key, value]) => [key, words(value)]),
      ['accelerator', manifest?.accelerator ?? '-'],
      ['cpu', manifest?.cpu.model ?? '-'],
      ['qemu', manifest?.qemu ?? '-'],
      ['plan', JSON.stringify(manifest === null ? null : guestOf(manifest))],
      ['fits the plan asked for', fit],
    ],
  });
  return EXIT.ok;
}

function words(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether a template fits the provider's default plan, changed by the flags. */
async function fitOf(item: InventoryItem, args: PlanArguments, session: Session): Promise<string> {
  const { template, provider } = item;
  if (typeof template.manifest === 'string') return template.manifest;
  const request = await requestOf(provider, args, false, session).catch((error: unknown) => {
    if (isCode(error, 'IMAGE_MISSING') || isCode(error, 'PROVIDER_UNKNOWN')) return undefined;
    throw error;
  });
  if (request === undefined) return `there is no image ${provider} to compare it with`;
  const plan = planRig(request, session.kinds);
  const { place } = await lookAround(plan, session);
  const choice = chooseTemplate([template], templateKey(plan, session.kinds), plan, place);
  return choice.template === undefined ? (choice.why ?? 'it is of another provider') : 'it fits';
}

async function requestOf(provider: string, args: PlanArguments, provision: boolean, session: Session) {
  const { nodes, memory, cpu } = args;
  const values = readRunOptions({ nodes, memory, cpu }, session.env, false);
  const image = await obtainImage(
    { provider, registry: undefined, organisation: undefined, tag: undefined, provision },
    session,
  );
  return { ...image, values: { ...values, name: `template-${session.run}` }, ...startOf(values) };
}

/** Starts a cluster, which leaves its template behind, and removes it again. */
export async function buildAction(args: PlanArguments, session: Session): Promise<number> {
  const provider = args.name ?? session.env['KUBEVIRT_PROVIDER'];
  if (provider === undefined) {
    throw new GocliError('USAGE', 'template build needs a provider', {
      hint: 'For example: gocli template build k8s-1.36',
    });
  }
  const request = await requestOf(provider, args, true, session);
  try {
    const { state } = await up(request, session);
    writeResult(session, {
      data: { template: state.template ?? null },
      names: [state.template ?? ''],
      text: `Template ${state.template ?? 'none'} of ${provider}.\n`,
    });
  } finally {
    await down(request.values.name, session);
  }
  return EXIT.ok;
}

export async function verifyAction(args: ChoiceArguments, session: Session): Promise<number> {
  const results: { id: string; damaged: readonly string[] }[] = [];
  for (const { template } of await chosenItems(args, session)) {
    const damaged =
      typeof template.manifest === 'string'
        ? [template.manifest]
        : await verifyTemplate(session.docker, template, template.manifest, session.signal);
    if (damaged.length > 0) await unpublishTemplate(session.docker, template);
    results.push({ id: template.id, damaged });
  }
  writeResult(session, {
    data: { templates: results },
    names: results.filter(({ damaged }) => damaged.length === 0).map(({ id }) => id),
    text: results
      .map(({ id, damaged }) =>
        damaged.length === 0
          ? `Template ${id} is intact.\n`
          : `Template ${id} is damaged and removed: ${damaged.join(', ')}.\n`,
      )
      .join(''),
  });
  return results.every(({ damaged }) => damaged.length === 0) ? EXIT.ok : EXIT.failed;
}

export async function removeAction(args: ChoiceArguments, session: Session): Promise<number> {
  const items = await chosenItems(args, session);
  for (const { template } of items) await unpublishTemplate(session.docker, template);
  writeResult(session, {
    data: { removed: items.map(({ template, usedBy }) => ({ id: template.id, usedBy })) },
    names: items.map(({ template }) => template.id),
    text: items
      .map(({ template: { id }, usedBy }) =>
        usedBy.length === 0
          ? `Removed template ${id}.\n`
          : `Removed template ${id}; its files go with the last cluster on it: ${usedBy.join(', ')}.\n`,
      )
      .join(''),
  });
  return EXIT.ok;
}

async function chosenItems({ name, all }: ChoiceArguments, session: Session): Promise<InventoryItem[]> {
  return all ? inventory(session) : [await oneItem(name, session)];
}

/** The template with that id, or the only one there is. @throws GocliError NOT_FOUND, USAGE */
async function oneItem(id: string | undefined, session: Session): Promise<InventoryItem> {
  const items = await inventory(session);
  const ids = items.map(({ template }) => template.id);
  const found = items.find(({ template }) => template.id === id);
  const [only] = items;
  if (found !== undefined) return found;
  if (id === undefined && only !== undefined && items.length === 1) return only;
  const known = ids.length === 0 ? 'There is none.' : `Templates: ${ids.join(', ')}`;
  if (id === undefined) throw new GocliError('NOT_FOUND', 'which template is meant?', { hint: known });
  throw new GocliError('NOT_FOUND', `there is no template "${id}".${didYouMean(id, ids)}`, { hint: known });
}
