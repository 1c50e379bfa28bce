import { readFile } from 'node:fs/promises';
import { readIfThere } from '../../host/atomic-files.ts';
import type { Finding } from '../../provider/finding.ts';
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

/** What one provider of a chain does in the machine that the image is built in. */
export interface BuildPart {
  /** Paths; each may be missing. */
  readonly userData: string | undefined;
  readonly metaData: string | undefined;
  readonly script: string | undefined;
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

/** What of the files cannot be meant so, as far as that is told without cloud-init. */
export async function inspectCloudInit(folders: Folders): Promise<Finding[]> {
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
 * Lets cloud-init do what a user-data says, in the machine that the image is built in.
 * @throws GocliError REMOTE_COMMAND with the end of its log, TIMEOUT
 */
export async function runCloudInit(
  { emit, step }: Pick<StepContext, 'emit' | 'step'>,
  node: SshConnection,
  { userData, metaData }: BuildPart,
  signal: AbortSignal,
): Promise<void> {
  if (userData === undefined) return;
  const meta = metaData === undefined ? DEFAULT_META_DATA : await readFile(metaData, 'utf8');
  await node.run(`cat >/${SEED}/${META_DATA}`, { stdin: meta, signal });
  await node.run(`cat >/${SEED}/${USER_DATA}`, { stdin: await readFile(userData, 'utf8'), signal });
  const onLine = (line: string): void => {
    emit({ type: 'log', source: 'cloud-init', line });
    step.progress({ message: line });
  };
  const hint = `Mend ${userData}; the steps before this one are kept.`;
  const warnings = await runStages(node, { signal, onLine, after: FORGET, hint });
  for (const text of warnings) emit({ type: 'notice', level: 'warning', text: `cloud-init: ${text}` });
}
