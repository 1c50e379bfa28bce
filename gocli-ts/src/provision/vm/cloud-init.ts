import { readFile } from 'node:fs/promises';
import { readIfThere } from '../../host/atomic-files.ts';
import type { FileEntry } from '../../place/port.ts';
import type { Finding } from '../../provider/finding.ts';
import { readYamlDocument } from '../../provider/yaml-text.ts';
import type { SshConnection } from '../../ssh/port.ts';
import { runStages, SEED, UNLOCK } from '../../vm/cloud-init.ts';
import { inspectUserData } from '../../vm/user-data.ts';
import { providerFile } from '../provider-files.ts';
import type { Recipe, StepContext } from '../step.ts';

/** Files of a provider that cloud-init reads; the second one may be left out. */
const USER_DATA = 'user-data';
const META_DATA = 'meta-data';
const DEFAULT_META_DATA = 'instance-id: gocli-build\n';

/** Checks user-data by cloud-init's own schema, in a root file system. */
export const SCHEMA_CHECK = ['cloud-init', 'schema', '--config-file', `/${SEED}/${USER_DATA}`] as const;

/** The provider's own files for cloud-init. */
export async function cloudInitFiles(folders: Pick<Recipe, 'folder' | 'base'>): Promise<string[]> {
  const found = await Promise.all([USER_DATA, META_DATA].map((name) => providerFile(folders, name)));
  return found.filter((path) => path !== undefined);
}

/** What goes into the root file system for cloud-init to find; nothing without user-data. */
export async function seedOf(recipe: Recipe): Promise<FileEntry[]> {
  const userData = await providerFile(recipe, USER_DATA);
  if (userData === undefined) return [];
  const metaData = await providerFile(recipe, META_DATA);
  return [
    { path: `${SEED}/${USER_DATA}`, content: await readFile(userData, 'utf8') },
    {
      path: `${SEED}/${META_DATA}`,
      content: metaData === undefined ? DEFAULT_META_DATA : await readFile(metaData, 'utf8'),
    },
  ];
}

/** What of the files cannot be meant so, as far as that is told without cloud-init. */
export async function inspectCloudInit(folders: Pick<Recipe, 'folder' | 'base'>): Promise<Finding[]> {
  const files = await cloudInitFiles(folders);
  const findings = files.map(async (file) => {
    const text = (await readIfThere(file)) ?? '';
    return file.endsWith(USER_DATA) ? inspectUserData(text, file) : readYamlDocument(text, file).findings;
  });
  return (await Promise.all(findings)).flat();
}

/** Its traces go; a clone gets a seed of its own. */
const FORGET = `set -e
cloud-init clean --logs
rm -f /${SEED}/*
${UNLOCK}`;

/**
 * Lets cloud-init do what the provider's user-data says, in the machine that the image is built in.
 * @throws GocliError REMOTE_COMMAND with the end of its log, TIMEOUT
 */
export async function runCloudInit(
  { emit, step }: Pick<StepContext, 'emit' | 'step'>,
  node: SshConnection,
  signal: AbortSignal,
): Promise<void> {
  const onLine = (line: string): void => {
    emit({ type: 'log', source: 'cloud-init', line });
    step.progress({ message: line });
  };
  const hint = 'Mend user-data; the steps before this one are kept.';
  const warnings = await runStages(node, { signal, onLine, after: FORGET, hint });
  for (const text of warnings) emit({ type: 'notice', level: 'warning', text: `cloud-init: ${text}` });
}
