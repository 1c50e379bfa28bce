import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GocliError } from '../../errors/error.ts';
import { readIfThere } from '../../host/atomic-files.ts';
import type { FileEntry } from '../../place/port.ts';
import type { Finding } from '../../provider/finding.ts';
import { readYamlDocument } from '../../provider/yaml-text.ts';
import { redact } from '../../shared/redact.ts';
import { lastLines } from '../../shared/text.ts';
import type { SshConnection } from '../../ssh/port.ts';
import { inTime } from '../../waiting/in-time.ts';
import { providerFile } from '../provider-files.ts';
import type { Recipe, StepContext } from '../step.ts';

/** Files of a provider that cloud-init reads; the second one may be left out. */
const USER_DATA = 'user-data';
const META_DATA = 'meta-data';
/** Where its data source NoCloud looks, below /. */
const SEED = 'var/lib/cloud/seed/nocloud';
/** Milliseconds for all that it does: packages are unpacked under emulation. */
const RUN_MS = 1_800_000;
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
    const { findings: wrong } = readYamlDocument(text, file);
    if (!file.endsWith(USER_DATA) || /^#cloud-config\s*\n/.test(text)) return wrong;
    return [{ file, line: 1, column: 1, text: 'the first line has to be "#cloud-config"' }, ...wrong];
  });
  return (await Promise.all(findings)).flat();
}

/** Its four stages, one after the other; what went wrong stands in its own status, not in its exit codes. */
const RUN = `rm -rf /run/cloud-init
for stage in 'init --local' init 'modules --mode=config' 'modules --mode=final'; do
  echo "cloud-init $stage"
  cloud-init $stage || :
done
`;
const STATUS = 'cat /run/cloud-init/status.json';
/**
 * Its traces go; a clone gets a seed of its own. cloud-init locks the passwords of users ("!"), and without PAM sshd lets
 * no locked account in, whatever its key; "*" is no password either, and not locked.
 */
const FORGET = `set -e
cloud-init clean --logs
rm -f /${SEED}/*
sed -i 's/^\\([^:]*\\):![^:]*:/\\1:*:/' /etc/shadow`;

const stageSchema = z.object({
  errors: z.array(z.string()).default([]),
  recoverable_errors: z.record(z.string(), z.array(z.string())).default({}),
});
const statusSchema = z.object({ v1: z.record(z.string(), z.unknown()) });

/** What cloud-init says that went wrong, by its status.json: what it could not do, and what it did otherwise. */
export function readStatus(text: string): { readonly errors: string[]; readonly warnings: string[] } {
  const stages = Object.values(statusSchema.parse(JSON.parse(text)).v1).flatMap((stage) => {
    const parsed = stageSchema.safeParse(stage);
    return parsed.success ? [parsed.data] : [];
  });
  return {
    errors: stages.flatMap(({ errors }) => errors),
    warnings: stages.flatMap(({ recoverable_errors: kinds }) => Object.values(kinds).flat()),
  };
}

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
  await inTime('cloud-init ends', { signal, timeoutMs: RUN_MS }, async (bounded) => {
    await node.run(RUN, { signal: bounded, onLine });
    const { stdout } = await node.run(STATUS, { signal: bounded });
    const { errors, warnings } = readStatus(stdout);
    if (errors.length > 0) {
      const log = await node.exec('tail -n 200 /var/log/cloud-init.log', { signal: bounded });
      const told = log.stdout.split('\n').filter((line) => / - (WARNING|ERROR|CRITICAL)|Error/.test(line));
      throw new GocliError('REMOTE_COMMAND', `cloud-init failed: ${errors[0] ?? ''}`, {
        observed: redact(lastLines([...errors, ...told].join('\n'), 20)),
        hint: 'Mend user-data; the steps before this one are kept.',
      });
    }
    for (const text of warnings) emit({ type: 'notice', level: 'warning', text: `cloud-init: ${text}` });
    await node.run(FORGET, { signal: bounded });
  });
}
