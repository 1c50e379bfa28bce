import { join } from 'node:path';
import { isThere, readIfThere } from '../host/atomic-files.ts';
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
  /** main.go of the provider that is extended, where the folder has none: it is built by this go.mod. */
  readonly main?: string;
}

/** The go.mod of a component; undefined when there is none. */
export async function readModule(
  recipe: Pick<Recipe, 'root' | 'folder' | 'base'>,
  component: string,
): Promise<ComponentModule | undefined> {
  for (const folder of moduleFolders(recipe, component)) {
    const file = join(folder, 'go.mod');
    const text = await readIfThere(file);
    if (text === undefined) continue;
    const main = await sharedMain(recipe, folder, component);
    return { component, folder, mod: parseGoMod(text, file), ...(main === undefined ? {} : { main }) };
  }
  return undefined;
}

async function sharedMain(
  { base }: Pick<Recipe, 'base'>,
  folder: string,
  component: string,
): Promise<string | undefined> {
  if (base === undefined || (await isThere(join(folder, 'main.go')))) return undefined;
  const path = join(base, component, 'main.go');
  return (await isThere(path)) ? path : undefined;
}
