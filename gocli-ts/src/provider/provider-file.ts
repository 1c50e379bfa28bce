import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { didYouMean } from '../shared/text.ts';
import { childOf, extendProvider } from './extend.ts';
import { type Finding, soundOf } from './finding.ts';
import { listProviderFolders, nameOfFolder } from './folders.ts';
import { childSchema, extendingSchema, type ProviderConfig, providerSchema } from './schema.ts';
import { type Checked, checkBySchema } from './schema-findings.ts';
import {
  type Declared,
  fillIn,
  lookUpFor,
  type Making,
  makingOver,
  namesOf,
  type Required,
  type Settings,
  withoutOpen,
} from './settings.ts';
import type { Names } from './render.ts';
import { atSite } from './site.ts';
import type { YamlDocument } from './yaml-text.ts';
import { baseOf, documentOf, extendsAnother, PROVIDER_FILE, readText, saidIn } from './provider-text.ts';

/** Folders of one provider: its own, and that of the one which it extends. */
export interface Layer {
  readonly folder: string;
  readonly base?: string | undefined;
}

/** A provider's file, and all that is wrong with it. */
export interface InspectedProvider {
  readonly file: string;
  readonly text: string;
  readonly document: YamlDocument;
  /** What it says together with the one that it extends; undefined when that cannot be told. */
  readonly provider?: ProviderConfig;
  /** Folder of the provider that this one extends. */
  readonly base?: string;
  /** Those that this one is made from, the oldest first. */
  readonly parents?: readonly Layer[];
  readonly findings: readonly Finding[];
  /** Variables of it and of what it is made from; undefined for one of a cluster. */
  readonly declared?: Declared | undefined;
  /** Those that have to be said. */
  readonly required?: readonly Required[];
}

/** A provider's file, and what all of its names stand for. */
export interface NamedProvider extends InspectedProvider {
  /** Undefined for one of a cluster, and when what it is made from is not known. */
  readonly names?: Names;
  /** Variables that have to be said and were not, each where that is written. Without settings only what its file cannot be read without. */
  readonly missing: readonly Finding[];
}

/**
 * Reads and checks the `provider.yaml` of a version folder, and those of the ones which it extends or is made from.
 * @param settings what it is to be made with; without them variables are what the file says, and none is missing
 * @throws GocliError BAD_FILE: no such file (naming the folders that have one) or too big
 */
export async function inspectProvider(folder: string, settings?: Settings): Promise<NamedProvider> {
  const look = lookUpFor(folder, settings);
  const found = await inspectFor(folder, { children: [], look });
  const { provider, declared, required = [], findings } = found;
  const missing = required.flatMap(({ name, finding }) => (look(name, null) === undefined ? [finding] : []));
  // A file that is right but for them cannot be read without, whoever does it.
  const isUnread = provider === undefined && findings.length === 0;
  return {
    ...found,
    ...(provider === undefined ? {} : { provider: atSite(provider, settings?.site) }),
    ...(declared === undefined
      ? {}
      : { names: namesOf(folder, { vm: provider?.vm, environment: declared }, look) }),
    missing: settings !== undefined || isUnread ? missing : [],
  };
}

async function inspectFor(folder: string, making: Making): Promise<InspectedProvider> {
  const file = join(folder, PROVIDER_FILE);
  const text = await readText(folder, file);
  const parent = saidIn(text, file, 'from');
  if (parent !== undefined) return inspectChild({ folder, file, text }, parent, making);
  const named = baseOf(text, file);
  if (named === undefined) return checkAlone({ folder, file, text }, making);
  const base = join(dirname(dirname(folder)), named);
  const there = await stat(join(base, PROVIDER_FILE)).catch(() => undefined);
  if (there?.isFile() !== true)
    return checkProvider(text, file, `there is no folder ${named} with a ${PROVIDER_FILE}`);
  if (base === folder) return checkProvider(text, file, `${named} cannot extend itself`);
  const baseFile = join(base, PROVIDER_FILE);
  const baseText = await readText(base, baseFile);
  const further = baseOf(baseText, baseFile);
  if (further !== undefined)
    return checkProvider(text, file, `${named} extends ${further} itself; extend that one`);
  if (saidIn(baseText, baseFile, 'from') !== undefined)
    return checkProvider(
      text,
      file,
      `${named} is made from another one; write "from: ${nameOfFolder(base)}"`,
    );
  const other = checkProvider(baseText, baseFile);
  const own = checkProvider(text, file, other);
  return { ...own, base, findings: [...own.findings, ...other.findings] };
}

/** A provider's file as it was read. */
interface ReadFile {
  readonly folder: string;
  readonly file: string;
  readonly text: string;
}

/** One that neither extends another provider nor is made from one. */
function checkAlone(read: ReadFile, making: Making): InspectedProvider {
  const { text, file } = read;
  const filled = fillIn({ ...read, document: documentOf(text, file).document }, {}, making);
  const checked = checkProvider(filled.text, file);
  const findings = [...withoutOpen(checked.findings, filled), ...filled.findings];
  const { declared, required } = filled;
  return { ...checked, text, findings, declared, required };
}

/** One that is made from another provider; `from` and all that follows from it. */
async function inspectChild(
  { folder, file, text }: ReadFile,
  parent: unknown,
  making: Making,
): Promise<InspectedProvider> {
  const { document, findings } = documentOf(text, file);
  const read = { file, text, document };
  const refuse = (...why: string[]): InspectedProvider => ({
    ...read,
    findings: [
      ...findings,
      ...checkBySchema(childSchema, document).findings,
      ...why.map((text) => document.finding(['from'], `"from": ${text}`)),
    ],
  });
  if (typeof parent !== 'string') return refuse();
  const all = await listProviderFolders(dirname(dirname(folder)));
  const there = all.find(({ name }) => name === parent);
  const over = makingOver(folder, document.data, making);
  const descent = over.children;
  if (there === undefined)
    return refuse(
      `there is no provider "${parent}".${didYouMean(
        parent,
        all.map(({ name }) => name),
      )}`,
    );
  if (descent.includes(there.folder))
    return refuse(
      `it would be made from itself: ${[...descent, there.folder].map(nameOfFolder).join(' from ')}`,
    );
  const other = await inspectFor(there.folder, over);
  const parents = [...(other.parents ?? []), { folder: there.folder, base: other.base }];
  const filled = fillIn({ folder, ...read }, other, making);
  const { declared, required } = filled;
  const { data, findings: wrong } = checkBySchema(childSchema, documentOf(filled.text, file).document);
  const known = [...findings, ...filled.findings, ...withoutOpen(wrong, filled), ...other.findings];
  const found = { ...read, parents, declared, required };
  if (data === undefined || other.provider === undefined) return { ...found, findings: known };
  const child = childOf(other.provider, data, document);
  const together = togetherOf(child);
  return { ...found, ...together, findings: [...known, ...together.findings] };
}

/**
 * The same for whoever needs all of it to be right.
 * @throws GocliError BAD_FILE: also for what is not YAML or against the schema (every problem with file, line and column, and
 * for an unknown key the nearest valid one)
 */
export async function readProviderFile(folder: string): Promise<ProviderConfig> {
  return providerOf(await inspectProvider(folder));
}

/** Pure part of {@link readProviderFile}, for a file that extends no other. @throws GocliError BAD_FILE */
export function parseProviderFile(text: string, file: string): ProviderConfig {
  return providerOf(checkProvider(text, file));
}

/** @throws GocliError BAD_FILE with all that is wrong */
function providerOf({ provider, findings, file }: InspectedProvider): ProviderConfig {
  return soundOf(provider, findings, file);
}

/**
 * Everything that is wrong with a provider's file.
 * @param base the one that it extends, or why there is none
 */
function checkProvider(
  text: string,
  file: string,
  base: InspectedProvider | string = 'only what has a folder can extend another one',
): InspectedProvider {
  const { document, findings } = documentOf(text, file);
  const read = { file, text, document };
  if (findings.length > 0) return { ...read, findings };
  if (!extendsAnother(document.data)) {
    return { ...read, ...togetherOf(checkBySchema(providerSchema, document)) };
  }
  const { data, findings: wrong } = checkBySchema(extendingSchema, document);
  if (data === undefined) return { ...read, findings: wrong };
  if (typeof base === 'string')
    return { ...read, findings: [document.finding(['extends'], `"extends": ${base}`)] };
  if (base.provider === undefined) return { ...read, findings: [] };
  const extended = extendProvider(base.provider, data, document);
  return { ...read, ...togetherOf(extended) };
}

function togetherOf({
  data,
  findings,
}: Checked<ProviderConfig>): Pick<InspectedProvider, 'provider' | 'findings'> {
  return { ...(data === undefined ? {} : { provider: data }), findings };
}
