import * as addon from '../api/addon.ts';
import { EXIT } from '../errors/codes.ts';
import { GocliError } from '../errors/error.ts';
import { formatBytes } from '../shared/size.ts';
import { formatSeconds } from '../shared/text.ts';
import { refuseWord } from './options.ts';
import { writeResult } from './render/output.ts';
import { renderTable } from './render/table.ts';
import type { Session } from './session.ts';

interface AddonArguments {
  readonly addons?: readonly string[] | undefined;
  readonly name?: string | undefined;
}

export async function listAction({ addons: words = [] }: AddonArguments, session: Session): Promise<number> {
  refuseWord(words[0], 'addon show');
  const { addons } = await addon.ls({}, session);
  writeResult(session, {
    data: { addons },
    names: addons.map(({ name }) => name),
    table: [
      ['ADDON', 'VERSION', 'IMAGES', 'WHAT'],
      ...addons.map((one) => [one.name, one.version, imagesOf(one), one.summary]),
    ],
  });
  return EXIT.ok;
}

/** In a word or two: where its images are. */
function imagesOf({ builtIn, images }: addon.ListedAddon): string {
  if (builtIn) return 'built-in';
  const there = images.flatMap(({ bytes }) => bytes ?? []);
  if (there.length < images.length) return 'not built';
  return formatBytes(there.reduce((sum, one) => sum + one, 0));
}

export async function showAction({ addons = [] }: AddonArguments, session: Session): Promise<number> {
  const [name, another] = addons;
  if (name === undefined)
    throw new GocliError('USAGE', 'the name of an addon is missing', { hint: 'gocli addon ls' });
  if (another !== undefined)
    throw new GocliError('USAGE', `unexpected word "${another}": one addon is shown`);
  const shown = await addon.show({ addon: name }, session);
  const options = Object.entries(shown.options).map(([key, one]) => [
    `  ${key}`,
    String(one.default),
    one.describe,
  ]);
  const lines = [
    `${shown.name} ${shown.version}: ${shown.summary}`,
    `Images: ${imagesOf(shown)}`,
    ...shown.images.map((image) => `  ${image.name}${image.bytes === null ? ' (not here)' : ''}`),
    ...(shown.needs.length === 0 ? [] : [`Needs: ${shown.needs.join(', ')}`]),
    ...(shown.objects.length === 0 ? [] : ['Objects:', ...shown.objects.map((one) => `  ${one}`)]),
    ...(options.length === 0
      ? []
      : ['Options:', renderTable([['  NAME', 'DEFAULT', 'WHAT'], ...options]).trimEnd()]),
  ];
  writeResult(session, { data: { addon: shown }, names: [shown.name], text: `${lines.join('\n')}\n` });
  return EXIT.ok;
}

export async function enableAction(args: AddonArguments, session: Session): Promise<number> {
  const done = await addon.enable({ name: args.name, addons: args.addons ?? [] }, session);
  return writeWork(session, done, 'has', 'enabled');
}

export async function disableAction(args: AddonArguments, session: Session): Promise<number> {
  const done = await addon.disable({ name: args.name, addons: args.addons ?? [] }, session);
  return writeWork(session, done, 'is rid of', 'disabled');
}

function writeWork(
  session: Session,
  done: addon.AddonWorkResult,
  words: string,
  state: 'enabled' | 'disabled',
): number {
  const { cluster, addons, seconds } = done;
  writeResult(session, {
    data: { ...done, state },
    names: addons,
    text: `Cluster ${cluster} ${words} ${addons.join(', ')} (${formatSeconds(seconds)}).\n`,
  });
  return EXIT.ok;
}

const SIGN = { create: '+', change: '~', remove: '-', refused: '!' } as const;

export async function diffAction(args: AddonArguments, session: Session): Promise<number> {
  const result = await addon.diff({ name: args.name, addons: args.addons ?? [] }, session);
  const lines = result.addons.flatMap(({ changes }) =>
    changes.flatMap(({ object, change, fields }) => [
      `${SIGN[change]} ${object}`,
      ...fields.map((field) => `    ${field}`),
    ]),
  );
  writeResult(session, {
    data: { ...result },
    names: result.addons.flatMap(({ changes }) => changes.map(({ object }) => object)),
    text:
      lines.length === 0 ? `Nothing would change in cluster ${result.cluster}.\n` : `${lines.join('\n')}\n`,
  });
  return EXIT.ok;
}

export async function statusAction(args: AddonArguments, session: Session): Promise<number> {
  refuseWord(args.addons?.[0], 'addon show');
  const { cluster, addons } = await addon.status({ name: args.name }, session);
  writeResult(session, {
    data: { cluster, addons },
    names: addons.map(({ name }) => name),
    table: [
      ['ADDON', 'VERSION', 'STATE', 'WORKS'],
      ...addons.map((one) => [one.name, one.version, stateOf(one), worksOf(one)]),
    ],
  });
  const isWell = addons.every((one) => one.conditions.every(({ met }) => met) && !isHalf(one));
  return isWell ? EXIT.ok : EXIT.notReady;
}

type Status = addon.AddonStatusResult['addons'][number];

const isHalf = ({ state }: Status): boolean => state === 'enabling' || state === 'disabling';

function stateOf(status: Status): string {
  const { name, state, options } = status;
  const verb = state === 'disabling' ? 'disable' : 'enable';
  if (isHalf(status)) return `interrupted; go on: gocli addon ${verb} ${name}`;
  const words = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  return words.length === 0 ? state : `${state}, ${words.join(', ')}`;
}

/** The first few things that are not as they should be. */
function worksOf({ conditions }: Status): string {
  const missing = conditions.filter(({ met }) => !met);
  if (missing.length === 0) return 'yes';
  const more = missing.length > 2 ? ` and ${(missing.length - 2).toFixed(0)} more` : '';
  return `no: ${missing
    .slice(0, 2)
    .map(({ observed }) => observed)
    .join('; ')}${more}`;
}
