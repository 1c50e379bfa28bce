import { join } from 'node:path';
import { readIfThere } from '../host/files.ts';
import { type GoModFile, parseGoMod } from './go/mod-file.ts';
import type { Recipe } from './step.ts';

/** The component whose module requires k8s.io/kubernetes and is told its version. */
export const KUBERNETES = 'kubernetes';

/** Folders that may hold a component's module: the provider's own before that which all providers share. */
export function moduleFolders(
  { root, folder }: Pick<Recipe, 'root' | 'folder'>,
  component: string,
): string[] {
  return [join(folder, component), join(root, 'components', component)];
}

export interface ComponentModule {
  readonly component: string;
  readonly folder: string;
  readonly mod: GoModFile;
}

/** The go.mod of a component; undefined when there is none. */
export async function readModule(
  recipe: Pick<Recipe, 'root' | 'folder'>,
  component: string,
): Promise<ComponentModule | undefined> {
  for (const folder of moduleFolders(recipe, component)) {
    const file = join(folder, 'go.mod');
    const text = await readIfThere(file);
    if (text !== undefined) return { component, folder, mod: parseGoMod(text, file) };
  }
  return undefined;
}
