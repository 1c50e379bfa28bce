import type { Docker } from '../../place/interface.ts';
import { GocliError, messageOf } from '../../errors/error.ts';
import { readIfThere } from '../../host/atomic-files.ts';
import { type Finding, throwFindings } from '../../provider/finding.ts';
import type { SshConnection } from '../../ssh/interface.ts';
import { providerFile } from '../provider-files.ts';
import type { Recipe, StepContext } from '../step.ts';

/** A registry host, path, and a tag or digest (the distribution specification's grammar, a little narrower). */
const REFERENCE =
  /^[a-z0-9][a-z0-9._-]*(:\d+)?(\/[a-z0-9._-]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$/;

export const PRE_PULL_FILE = 'pre-pull-images';

/** Images that a provider wants in its nodes from the start: one reference per line, `#` begins a comment. */
export async function readPrePull(recipe: Pick<Recipe, 'folder' | 'base'>): Promise<string[]> {
  const file = await providerFile(recipe, PRE_PULL_FILE);
  return file === undefined ? [] : parsePrePull((await readIfThere(file)) ?? '', file);
}

/** @throws GocliError BAD_FILE with file and line of all that is none */
export function parsePrePull(text: string, file: string): string[] {
  const { references, findings } = inspectPrePull(text, file);
  throwFindings(findings);
  return references;
}

/** The references of a text, and the lines that are none. */
export function inspectPrePull(text: string, file: string): { references: string[]; findings: Finding[] } {
  const references: string[] = [];
  const findings: Finding[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') continue;
    if (REFERENCE.test(line)) references.push(line);
    else findings.push({ file, line: index + 1, column: 1, text: `"${line}" is not an image reference` });
  }
  return { references, findings };
}

/**
 * Makes sure that the local Docker has all the images, from their registries where it has not.
 * @throws GocliError DOWNLOAD naming all that cannot be had
 */
export async function fetchImages(
  references: readonly string[],
  { docker, signal, step }: Pick<StepContext, 'docker' | 'signal' | 'step'>,
): Promise<void> {
  const failed: string[] = [];
  for (const [at, reference] of references.entries()) {
    if ((await docker.images.inspect(reference)) !== undefined) continue;
    step.progress({ message: `pulling image ${at + 1} of ${references.length}, ${reference}` });
    await docker.images.pull(reference, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      failed.push(`${reference}: ${messageOf(error)}`);
    });
  }
  if (failed.length === 0) return;
  throw new GocliError('DOWNLOAD', `${failed.length} of the pre-pull images cannot be had`, {
    observed: failed.join('\n'),
    hint: 'Pull or load them into the local Docker, or take them out of pre-pull-images.',
  });
}

/** Puts images of the local Docker into the node's containerd. */
export async function loadImages(
  docker: Docker,
  node: SshConnection,
  references: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (references.length === 0) return;
  const stdin = await docker.images.save(references);
  await node.run('ctr --namespace k8s.io images import --local -', { stdin, signal });
}
