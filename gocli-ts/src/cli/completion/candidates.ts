import type { Command } from '../command.ts';
import type { HostNames } from '../../api/names.ts';
import type { Names } from '../../api/options.ts';
import { withLateOptions } from '../late-options.ts';
import { GLOBAL_OPTIONS, verbIndex, verbOf } from '../flags.ts';

interface Flag {
  readonly alias?: string | readonly string[];
  readonly type?: string;
  readonly choices?: readonly string[];
  readonly hidden?: boolean;
  readonly completes?: Names;
}

/**
 * What may stand at the place of the last word. yargs has completion of its own, but it cannot ask for names and
 * chooses the form of its answer by $SHELL instead of by the shell that asks.
 * @param words the command line after `gocli`; the last word is the one being typed, perhaps empty
 * @returns words that begin with the last one
 */
export async function candidates(
  words: readonly string[],
  commands: readonly Command[],
  names: HostNames,
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = await possible(before, current, await withLateOptions(before, commands), names);
  return found.filter((word) => word.startsWith(current));
}

async function possible(
  before: readonly string[],
  current: string,
  commands: readonly Command[],
  names: HostNames,
): Promise<readonly string[]> {
  const at = verbIndex(before, commands);
  const command = commands.find((one) => verbOf(one) === before[at]);
  const flags = flagsOf(command);
  const last = before.at(-1) ?? '';
  // Before the verb a flag may be that of any.
  const known = command === undefined ? [undefined, ...commands].map(flagsOf) : [flags];
  const previous = known.find((one) => one.has(last))?.get(last);
  if (previous !== undefined && takesValue(previous.flag)) return values(previous, names);
  if (current.startsWith('-')) return visibleNames(flags);
  if (command === undefined) return at === -1 ? commands.map(verbOf) : [];
  const positionals = positionalsIn(before.slice(at + 1), flags);
  return positionalValues(command, positionals, clusterIn(before, flags), names);
}

interface NamedFlag {
  readonly name: string;
  readonly flag: Flag;
}

/** Flags by each of the forms they may be written in. */
function flagsOf(command: Command | undefined): Map<string, NamedFlag> {
  const all: Record<string, Flag> = {
    ...GLOBAL_OPTIONS,
    help: { alias: 'h', type: 'boolean' },
    ...(command?.options as Record<string, Flag> | undefined),
  };
  return new Map(
    Object.entries(all).flatMap(([name, flag]) =>
      [name, ...[flag.alias ?? []].flat()].map((form): [string, NamedFlag] => [
        form.length === 1 ? `-${form}` : `--${form}`,
        { name, flag },
      ]),
    ),
  );
}

function visibleNames(flags: Map<string, NamedFlag>): string[] {
  return [...flags]
    .filter(([form, { flag }]) => form.startsWith('--') && flag.hidden !== true)
    .map(([form]) => form);
}

function takesValue(flag: Flag): boolean {
  return flag.type !== 'boolean' && flag.type !== 'count';
}

async function values({ flag }: NamedFlag, names: HostNames): Promise<readonly string[]> {
  return flag.completes === undefined ? (flag.choices ?? []) : names[flag.completes]();
}

function positionalsIn(words: readonly string[], flags: Map<string, NamedFlag>): string[] {
  return words.filter((word, at) => {
    if (word.startsWith('-')) return false;
    const previous = flags.get(words[at - 1] ?? '');
    return previous === undefined || !takesValue(previous.flag);
  });
}

function clusterIn(words: readonly string[], flags: Map<string, NamedFlag>): string | undefined {
  const at = words.findIndex((word) => flags.get(word)?.name === 'name');
  return at === -1 ? undefined : words[at + 1];
}

async function positionalValues(
  command: Command,
  given: readonly string[],
  cluster: string | undefined,
  names: HostNames,
): Promise<readonly string[]> {
  const placeholders = [...command.usage.matchAll(/[<[]([a-z-]+)(?:\.\.)?[>\]]/g)].map(
    (match) => match[1] ?? '',
  );
  // Of the last one there may be many: `<images..>`.
  const many = command.usage.includes('..') ? placeholders.length - 1 : Infinity;
  const placeholder = placeholders[Math.min(given.length, many)];
  if (placeholder === undefined) return [];
  const choices = (command.positionals[placeholder] as Flag | undefined)?.choices;
  if (choices !== undefined) return choices;
  switch (placeholder) {
    case 'node':
      return names.nodes(cluster);
    case 'port':
      return names.ports(cluster);
    case 'cluster':
      return names.clusters();
    case 'snapshot':
      return names.snapshots();
    case 'images':
      // Those of a cluster would have to be asked of its nodes.
      return verbOf(command) === 'load' ? names.images() : [];
    case 'addons':
      return given[0] === 'ls' || given[0] === 'status' ? [] : names.addons();
    case 'template':
      return given[0] === 'build' ? names.providers() : names.templates();
    case 'pool':
    case 'provider':
      return names.providers();
    case 'name':
      // Of a provider that is to be made the name is not known yet.
      return given[0] === 'new' ? [] : names.providers();
    default:
      return [];
  }
}
