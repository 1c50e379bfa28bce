import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GocliError } from '../errors/error.ts';
import { MIB } from '../shared/size.ts';
import { didYouMean } from '../shared/text.ts';
import { childOf, extendProvider } from './extend.ts';
import { type Finding, throwFindings } from './finding.ts';
import { listProviderFolders } from './folders.ts';
import {
  childSchema,
  extendingSchema,
  PROVIDER_FOLDER,
  type ProviderConfig,
  providerSchema,
} from './schema.ts';
import { type Checked, checkBySchema } from './schema-findings.ts';
import { readYamlDocument, type YamlDocument } from './yaml-text.ts';

export const PROVIDER_FILE = 'provider.yaml';
/** A provider file has some hundred lines; more than this is not one. */
const MAX_BYTES = MIB;

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
}

/**
 * Reads and checks the `provider.yaml` of a version folder, and those of the ones which it extends or is made from.
 * @throws GocliError BAD_FILE: no such file (naming the folders that have one) or too big
 */
export function inspectProvider(folder: string): Promise<InspectedProvider> {
  return inspectFor(folder, []);
}

/** @param children folders of what is made from it, the youngest first */
async function inspectFor(folder: string, children: readonly string[]): Promise<InspectedProvider> {
  const file = join(folder, PROVIDER_FILE);
  const text = await readText(folder, file);
  const parent = wordIn(text, file, 'from');
  if (parent !== undefined) return inspectChild({ folder, file, text }, parent, children);
  const named = baseOf(text, file);
  if (named === undefined) return checkProvider(text, file);
  const base = join(dirname(dirname(folder)), named);
  const there = await stat(join(base, PROVIDER_FILE)).catch(() => undefined);
  if (there?.isFile() !== true) return checkProvider(text, file);
  const baseFile = join(base, PROVIDER_FILE);
  const baseText = await readText(base, baseFile);
  const further = baseOf(baseText, baseFile);
  if (further !== undefined)
    return checkProvider(text, file, `${named} extends ${further} itself; extend that one`);
  const other = checkProvider(baseText, baseFile);
  const own = checkProvider(text, file, other);
  return { ...own, base, findings: [...own.findings, ...other.findings] };
}

/** One that is made from another provider; `from` and all that follows from it. */
async function inspectChild(
  { folder, file, text }: { readonly folder: string; readonly file: string; readonly text: string },
  parent: string,
  children: readonly string[],
): Promise<InspectedProvider> {
  const { documents, findings } = readYamlDocument(text, file);
  const [document] = documents;
  if (document === undefined) throw new GocliError('INTERNAL', `${file} has no document`);
  const read = { file, text, document };
  const { data, findings: wrong } = checkBySchema(childSchema, document);
  const refuse = (why: string): InspectedProvider => ({
    ...read,
    findings: [...findings, ...wrong, document.finding(['from'], `"from": ${why}`)],
  });
  const all = await listProviderFolders(dirname(dirname(folder)));
  const there = all.find(({ name }) => name === parent);
  const descent = [...children, folder];
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
  const other = await inspectFor(there.folder, descent);
  const layer = { folder: there.folder, base: other.base };
  const parents = [...(other.parents ?? []), layer];
  const known = [...findings, ...wrong, ...other.findings];
  if (data === undefined || other.provider === undefined) return { ...read, parents, findings: known };
  const child = childOf(other.provider, data, document);
  const together = togetherOf(child);
  return { ...read, ...together, parents, findings: [...known, ...together.findings] };
}

/** `vm-l0` of `…/vm/l0`. */
function nameOfFolder(folder: string): string {
  return folder.split('/').slice(-2).join('-');
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
  throwFindings(findings);
  if (provider === undefined) throw new GocliError('INTERNAL', `${file} was refused without a reason`);
  return provider;
}

/**
 * Everything that is wrong with a provider's file.
 * @param base the one that it extends, or why there is none
 */
function checkProvider(
  text: string,
  file: string,
  base: InspectedProvider | string = `there is no such folder with a ${PROVIDER_FILE}`,
): InspectedProvider {
  const { documents, findings } = readYamlDocument(text, file);
  const [document] = documents;
  if (document === undefined) throw new GocliError('INTERNAL', `${file} has no document`);
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

function extendsAnother(data: unknown): data is { readonly extends: unknown } {
  return typeof data === 'object' && data !== null && 'extends' in data;
}

/** The folder that a provider's file names as the one it extends, as far as that can be read. */
function baseOf(text: string, file: string): string | undefined {
  const named = wordIn(text, file, 'extends');
  return named !== undefined && PROVIDER_FOLDER.test(named) ? named : undefined;
}

/** What stands in a file for a key, if that is a word. */
function wordIn(text: string, file: string, key: string): string | undefined {
  const data = readYamlDocument(text, file).documents[0]?.data;
  const word: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined;
  return typeof word === 'string' ? word : undefined;
}

async function readText(folder: string, file: string): Promise<string> {
  const about = await stat(file).catch(() => undefined);
  if (about?.isFile() !== true) throw await missing(folder);
  if (about.size > MAX_BYTES) throw new GocliError('BAD_FILE', `${file} is larger than 1 MiB`);
  return readFile(file, 'utf8');
}

async function missing(folder: string): Promise<GocliError> {
  const parent = dirname(folder);
  const siblings = await readdir(parent).catch(() => []);
  const found = await Promise.all(
    siblings.map(async (name) => {
      const there = await stat(join(parent, name, PROVIDER_FILE)).catch(() => undefined);
      return there?.isFile() === true ? [join(parent, name)] : [];
    }),
  );
  const folders = found.flat().sort();
  const known =
    folders.length === 0
      ? 'Give a version folder such as cluster-provision/k8s/1.36.'
      : `Folders with one: ${folders.join(', ')}`;
  return new GocliError('BAD_FILE', `${folder} has no ${PROVIDER_FILE}`, { hint: known });
}
