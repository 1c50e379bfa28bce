import * as templates from '../api/template.ts';
import { EXIT } from '../errors/codes.ts';
import { GocliError } from '../errors/error.ts';
import { inputsOf } from './option-flags.ts';
import { refuseWord } from './options.ts';
import { templateTable } from './render/templates.ts';
import { writeDone, writeResult } from './render/output.ts';
import type { Session } from './session.ts';

interface PlanArguments extends Readonly<Record<string, unknown>> {
  readonly template?: string | undefined;
}

interface ChoiceArguments {
  readonly template?: string | undefined;
  readonly all: boolean;
}

export async function listAction({ template }: PlanArguments, session: Session): Promise<number> {
  refuseWord(template, 'template show');
  const result = await templates.ls({}, session);
  writeResult(session, {
    data: { ...result },
    names: result.templates.map(({ id }) => id),
    table: templateTable(result.templates, session.clock.now()),
  });
  return EXIT.ok;
}

export async function showAction(args: PlanArguments, session: Session): Promise<number> {
  const shown = await templates.show({ template: args.template, ...planOf(args) }, session);
  const { manifest, guest, fits, why, ...row } = shown;
  writeResult(session, {
    data: { ...row, manifest, fits, why },
    names: [row.id],
    table: [
      ...Object.entries(row).map(([key, value]) => [key, words(value)]),
      ['accelerator', manifest?.accelerator ?? '-'],
      ['cpu', manifest?.cpu.model ?? '-'],
      ['qemu', manifest?.qemu ?? '-'],
      ['plan', guest === null ? '-' : JSON.stringify(guest)],
      ['fits the plan asked for', why],
    ],
  });
  return EXIT.ok;
}

function words(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function planOf(args: PlanArguments) {
  return inputsOf(templates.PLAN_OPTIONS, args);
}

export async function buildAction(args: PlanArguments, session: Session): Promise<number> {
  const provider = args.template ?? session.env['KUBEVIRT_PROVIDER'];
  if (provider === undefined) {
    throw new GocliError('USAGE', 'template build needs a provider', {
      hint: 'For example: gocli template build k8s-1.36',
    });
  }
  const { template } = await templates.build({ provider, ...planOf(args) }, session);
  writeResult(session, {
    data: { template },
    names: [template ?? ''],
    text: `Template ${template ?? 'none'} of ${provider}.\n`,
  });
  return EXIT.ok;
}

export async function verifyAction(args: ChoiceArguments, session: Session): Promise<number> {
  const { templates: all } = await writeDone(templates.verify(args, session), (result) => {
    writeResult(session, {
      data: { ...result },
      names: result.templates.filter(isIntact).map(({ id }) => id),
      text: result.templates
        .map(({ id, damaged }) =>
          damaged.length === 0
            ? `Template ${id} is intact.\n`
            : `Template ${id} is damaged and removed: ${damaged.join(', ')}.\n`,
        )
        .join(''),
    });
  });
  return all.every(isIntact) ? EXIT.ok : EXIT.failed;
}

function isIntact({ damaged }: { readonly damaged: readonly string[] }): boolean {
  return damaged.length === 0;
}

export async function removeAction(args: ChoiceArguments, session: Session): Promise<number> {
  await writeDone(templates.rm(args, session), ({ removed }) => {
    writeResult(session, {
      data: { removed },
      names: removed.map(({ id }) => id),
      text: removed
        .map(({ id, usedBy }) =>
          usedBy.length === 0
            ? `Removed template ${id}.\n`
            : `Removed template ${id}; its files go with the last cluster on it: ${usedBy.join(', ')}.\n`,
        )
        .join(''),
    });
  });
  return EXIT.ok;
}
