import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { readIfThere } from '../../host/atomic-files.ts';
import type { Finding } from '../../provider/finding.ts';
import { hasNames, type Names, renderYaml } from '../../provider/render.ts';
import { readYamlDocument } from '../../provider/yaml-text.ts';
import type { SshConnection } from '../../ssh/interface.ts';
import { runStages, SEED, UNLOCK } from '../../vm/cloud-init.ts';
import { inspectUserData } from '../../vm/user-data.ts';
import { layersOf, providerFile } from '../provider-files.ts';
import type { Recipe, StepContext } from '../step.ts';

/** The provider's own part of the machine, after what cloud-init does. */
export const SCRIPT = 'provision.sh';
/** Files of a provider that cloud-init reads; the second one may be left out. */
const USER_DATA = 'user-data';
const META_DATA = 'meta-data';
const DEFAULT_META_DATA = 'instance-id: gocli-build\n';

/** Where a user-data lies while it is checked, below a root file system, */
export const CHECKED = `${SEED}/${USER_DATA}`;
/** by cloud-init's own schema. */
export const SCHEMA_CHECK = ['cloud-init', 'schema', '--config-file', `/${CHECKED}`] as const;

/** As PyYAML, which reads these files. */
const YAML = '1.1';

/** What one provider of a chain does in the machine that the image is built in. */
export interface BuildPart {
  /** Paths; each may be missing. */
  readonly userData: string | undefined;
  readonly metaData: string | undefined;
  readonly script: string | undefined;
}

/** Text of a file for cloud-init, with values for its names. */
export async function cloudInitText({ names }: Pick<Recipe, 'names'>, path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  return names === undefined ? text : renderYaml(text, path, names, YAML).text;
}

/** The variables that a provider declares, with their values, by name. */
export function variablesOf({ provider, names }: Pick<Recipe, 'provider' | 'names'>): Record<string, string> {
  const all = Object.keys(provider.environment).sort();
  return Object.fromEntries(all.map((name) => [name, names?.get(name) ?? '']));
}

/** What becomes of those files that have names in them, as an input of steps. Nothing where none has. */
export async function renderedFiles(recipe: Recipe): Promise<Readonly<Record<string, string>>> {
  const files = await cloudInitFiles(recipe);
  const texts = files.map(async (path): Promise<[string, string][]> => {
    if (!hasNames(await readFile(path, 'utf8'))) return [];
    return [[`names in ${relative(recipe.root, path)}`, await cloudInitText(recipe, path)]];
  });
  return Object.fromEntries((await Promise.all(texts)).flat());
}

type Folders = Pick<Recipe, 'folder' | 'base' | 'parents'>;

/** Those of a provider and of all that it is made from, in the order in which they are done. */
export function buildParts(folders: Folders): Promise<BuildPart[]> {
  return Promise.all(
    layersOf(folders).map(async (layer) => ({
      userData: await providerFile(layer, USER_DATA),
      metaData: await providerFile(layer, META_DATA),
      script: await providerFile(layer, SCRIPT),
    })),
  );
}

/** All files for cloud-init. */
export async function cloudInitFiles(folders: Folders): Promise<string[]> {
  const parts = await buildParts(folders);
  return parts.flatMap(({ userData, metaData }) => [userData ?? [], metaData ?? []].flat());
}

/**
 * What of the files cannot be meant so, as far as that is told without cloud-init.
 * @param names that they may use; not looked for when it is not known which there are
 */
export async function inspectCloudInit(folders: Folders, names?: Names): Promise<Finding[]> {
  const files = await cloudInitFiles(folders);
  const findings = files.map(async (file) => {
    const text = (await readIfThere(file)) ?? '';
    const unknown = names === undefined ? [] : renderYaml(text, file, names, YAML).findings;
    const { findings: wrong } = readYamlDocument(text, file);
    return [...(file.endsWith(USER_DATA) ? inspectUserData(text, file) : wrong), ...unknown];
  });
  return (await Promise.all(findings)).flat();
}

/** Its traces go; a clone gets a seed of its own. */
const FORGET = `set -e
cloud-init clean --logs
rm -f /${SEED}/*
${UNLOCK}`;

/**
 * Lets cloud-init do what a user-data says, in the machine that the image is built in.
 * @throws GocliError REMOTE_COMMAND with the end of its log, TIMEOUT
 */
export async function runCloudInit(
  { recipe, emit, step }: Pick<StepContext, 'recipe' | 'emit' | 'step'>,
  node: SshConnection,
  { userData, metaData }: BuildPart,
  signal: AbortSignal,
): Promise<void> {
  if (userData === undefined) return;
  const meta = metaData === undefined ? DEFAULT_META_DATA : await cloudInitText(recipe, metaData);
  await node.run(`cat >/${SEED}/${META_DATA}`, { stdin: meta, signal });
  await node.run(`cat >/${SEED}/${USER_DATA}`, { stdin: await cloudInitText(recipe, userData), signal });
  const onLine = (line: string): void => {
    emit({ type: 'log', source: 'cloud-init', line });
    step.progress({ message: line });
  };
  const hint = `Mend ${userData}; the steps before this one are kept.`;
  const warnings = await runStages(node, { signal, onLine, after: FORGET, hint });
  for (const text of warnings) emit({ type: 'notice', level: 'warning', text: `cloud-init: ${text}` });
}
