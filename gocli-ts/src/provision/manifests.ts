import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import type { Recipe } from './step.ts';

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

export function manifestFolder({ folder }: Recipe): string {
  return join(folder, 'manifests');
}

/**
 * The provider's manifests in the order in which they are applied.
 * @returns names of the files
 * @throws GocliError BAD_FILE for what is not YAML or not a Kubernetes object
 */
export async function readManifests(recipe: Recipe): Promise<string[]> {
  const folder = manifestFolder(recipe);
  const entries = await readdir(folder).catch(() => []);
  const names = entries.filter((name) => /\.ya?ml$/.test(name)).sort();
  for (const name of names) checkManifest(await readFile(join(folder, name), 'utf8'), join(folder, name));
  return names;
}

/** @throws GocliError BAD_FILE with file, line and column */
export function checkManifest(text: string, file: string): void {
  const lines = new LineCounter();
  for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    const { line, col } = lines.linePos(document.errors[0]?.pos[0] ?? document.contents?.range[0] ?? 0);
    const where = `${file}:${line}:${col}`;
    const [broken] = document.errors;
    if (broken !== undefined) throw new GocliError('BAD_FILE', `${where}: ${broken.message}`);
    const data: unknown = document.toJS();
    // Nothing between two separators.
    if (data === null) continue;
    const issue = objectSchema.safeParse(data).error?.issues[0];
    if (issue !== undefined) {
      throw new GocliError(
        'BAD_FILE',
        `${where}: not a Kubernetes object: ${issue.path.join('.')}: ${issue.message}`,
      );
    }
  }
}
