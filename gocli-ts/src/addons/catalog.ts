import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../errors/error.ts';
import { readIfThere } from '../host/atomic-files.ts';
import { type Finding, inFileOrder, throwFindings } from '../provider/finding.ts';
import { inspectManifest } from '../provider/manifest-text.ts';
import { checkBySchema } from '../provider/schema-findings.ts';
import { readYamlDocument, type YamlDocument } from '../provider/yaml-text.ts';
import { didYouMean } from '../shared/text.ts';
import { checkAddon, checkNeeds } from './check.ts';
import { addonsFolder } from './folder.ts';
import { type AddonConfig, addonSchema } from './schema.ts';

const ADDON_FILE = 'addon.yaml';

/** A manifest of an addon, as it stands in its file. */
export interface AddonManifest {
  readonly file: string;
  readonly text: string;
  readonly objects: readonly YamlDocument[];
}

/** An addon whose files were read and are right. */
export interface Addon extends AddonConfig {
  readonly folder: string;
  /** In the order in which they are applied, which is that of their names. */
  readonly manifests: readonly AddonManifest[];
  /** Of all that decides what is applied: twelve hexadecimal digits of a SHA-256. */
  readonly digest: string;
}

export type Catalog = ReadonlyMap<string, Addon>;

/** A folder of an addon, and all that is wrong in it. */
export interface InspectedAddon {
  readonly folder: string;
  readonly document: YamlDocument;
  readonly addon?: Addon;
  readonly findings: readonly Finding[];
}

/**
 * All addons that this gocli has, by name.
 * @throws GocliError BAD_FILE with each thing that is wrong in their files, at its line
 */
export async function readCatalog(checkout: string): Promise<Catalog> {
  const root = addonsFolder(checkout);
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const inspected = await Promise.all(names.sort().map((name) => inspectAddon(join(root, name), name)));
  throwFindings(inFileOrder([...inspected.flatMap(({ findings }) => findings), ...checkNeeds(inspected)]));
  return new Map(inspected.flatMap(({ addon }) => (addon === undefined ? [] : [[addon.name, addon]])));
}

/** The addon of that name. @throws GocliError BAD_VALUE with the nearest name */
export function addonNamed(name: string, catalog: Catalog, at: string): Addon {
  const found = catalog.get(name);
  if (found !== undefined) return found;
  const names = [...catalog.keys()];
  throw new GocliError('BAD_VALUE', `${at}: there is no addon "${name}".${didYouMean(name, names)}`, {
    hint: `Addons: ${names.join(', ')}`,
  });
}

/** @param name of the folder, which is that of the addon */
async function inspectAddon(folder: string, name: string): Promise<InspectedAddon> {
  const file = join(folder, ADDON_FILE);
  const text = (await readIfThere(file)) ?? '';
  const { documents, findings } = readYamlDocument(text, file);
  const [document] = documents;
  if (document === undefined) throw new GocliError('INTERNAL', `${file} has no document`);
  if (findings.length > 0) return { folder, document, findings };
  const { data, findings: wrong } = checkBySchema(addonSchema, document);
  const manifests = await readManifests(folder);
  const found = [...wrong, ...manifests.findings];
  if (data === undefined) return { folder, document, findings: found };
  const digest = digestOf(data, manifests.all);
  const addon = { ...data, folder, manifests: manifests.all, digest };
  return { folder, document, addon, findings: [...found, ...checkAddon(addon, name, document)] };
}

async function readManifests(
  folder: string,
): Promise<{ readonly all: readonly AddonManifest[]; readonly findings: readonly Finding[] }> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name) && name !== ADDON_FILE);
  const read = await Promise.all(
    names.sort().map(async (name) => {
      const file = join(folder, name);
      const text = await readFile(file, 'utf8');
      return { file, text, ...inspectManifest(text, file) };
    }),
  );
  return { all: read, findings: read.flatMap(({ findings }) => findings) };
}

/** What an addon says of itself for lists does not decide what is applied. */
function digestOf(config: AddonConfig, manifests: readonly AddonManifest[]): string {
  const parts = [{ ...config, summary: '' }, manifests.map(({ objects }) => objects.map(({ data }) => data))];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
