import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { wordsOfFolder } from '../../provider/folders.ts';
import { providerNameOf } from '../../provider/name.ts';
import { GocliError } from '../../errors/error.ts';
import { isThere, makeFolder, readIfThere, writeAtomic } from '../../host/atomic-files.ts';
import { PROVIDER_FILE } from '../../provider/provider-text.ts';
import type { Settings } from '../../provider/settings.ts';
import { editYaml } from '../../provider/yaml-edit.ts';
import { readUnmade } from '../recipe.ts';
import type { Recipe } from '../step.ts';

export interface NewProviderResult {
  readonly provider: string;
  readonly folder: string;
  /** Paths of the files that were written. */
  readonly files: readonly string[];
}

/** A file that the new provider is to have. */
interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Makes the folder of a new version from that of another one: its data and its Go modules. What both share is not copied;
 * the new provider.yaml extends the one that has it.
 * @param folder of the other one
 * @param family folder of all versions, `k8s`
 * @param version name of the new folder beside it, `1.38`
 * @throws GocliError BAD_FILE, CONFLICT when there is such a folder
 */
export async function newProvider(
  folder: string,
  family: string,
  version: string,
  settings?: Settings,
): Promise<NewProviderResult> {
  const recipe = await readUnmade(folder, settings);
  const { root } = recipe;
  const target = join(root, family, version);
  if (await isThere(target)) {
    throw new GocliError('CONFLICT', `${target} is there already`, { hint: 'Choose another version.' });
  }
  const name = `${family}-${version}`;
  const scripts = join(dirname(root), 'cluster-up', 'cluster');
  const hadScripts = await isThere(join(scripts, name));
  const files = [
    ...(hadScripts
      ? []
      : await scriptFiles(join(scripts, recipe.provider.name), join(scripts, name), recipe, name)),
    ...(await providerFiles(recipe, target, name)),
  ];
  try {
    for (const { path, text, mode } of files) {
      await makeFolder(dirname(path), 0o755);
      await writeAtomic(path, text, mode);
    }
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    if (!hadScripts) await rm(join(scripts, name), { recursive: true, force: true });
    throw error;
  }
  return { provider: name, folder: target, files: files.map(({ path }) => path) };
}

/** provider.yaml is the last one: by it the folder is a provider. */
async function providerFiles(recipe: Recipe, target: string, name: string): Promise<NewFile[]> {
  const { folder, base, provider, build } = recipe;
  const of = wordsOfFolder(folder);
  const to = wordsOfFolder(target);
  const all = await filesBelow(folder);
  const copied = all.filter((file) => {
    const path = relative(folder, file);
    if (path === PROVIDER_FILE || path === 'README.md') return false;
    if (build.layered) return false;
    if (base !== undefined) return true;
    // Of one that says all itself only what pins the modules: the rest is what both share.
    return (
      basename(path) !== 'main.go' &&
      provider.components.some((component) => path.startsWith(`${component.name}/`))
    );
  });
  const files = await Promise.all(
    copied.map(async (file): Promise<NewFile> => {
      const text = await readFile(file, 'utf8');
      const own = basename(file) === 'go.mod' ? text.replace(`gocli.io/${of}`, `gocli.io/${to}`) : text;
      return { ...(await modeOf(file)), path: join(target, relative(folder, file)), text: own };
    }),
  );
  const text = await readFile(join(folder, PROVIDER_FILE), 'utf8');
  const edited = (): string => editYaml(text, [{ path: ['name'], value: name }]);
  const extending = base === undefined ? extendingFile(recipe, name) : edited();
  const yaml = build.layered ? childFile(providerNameOf(of), name) : extending;
  const readme: NewFile = {
    path: join(target, 'README.md'),
    text: build.readme({ name, of, shared: base === undefined ? of : wordsOfFolder(base) }),
    mode: 0o644,
  };
  return [...files, readme, { path: join(target, PROVIDER_FILE), text: yaml, mode: 0o644 }];
}

function childFile(parent: string, name: string): string {
  return [
    'apiVersion: gocli.io/v1',
    'kind: Provider',
    `name: ${name}`,
    '# It is all that this one is, and then what is said here and lies beside this file.',
    `from: ${parent}`,
    '',
  ].join('\n');
}

function extendingFile({ folder, provider }: Recipe, name: string): string {
  const { kubernetes } = provider;
  return [
    'apiVersion: gocli.io/v1',
    'kind: Provider',
    `name: ${name}`,
    '# All that is not said here, and all files that are not here, are those of that folder.',
    `extends: ${wordsOfFolder(folder)}`,
    '',
    ...(kubernetes === undefined
      ? []
      : [
          'kubernetes:',
          '  # Must be the version of k8s.io/kubernetes in kubernetes/go.mod.',
          `  version: ${kubernetes.version}`,
          '',
        ]),
  ].join('\n');
}

/** What the scripts of cluster-up know of a provider. */
async function scriptFiles(from: string, to: string, recipe: Recipe, name: string): Promise<NewFile[]> {
  const old = recipe.provider.name;
  const minor = (word: string): string => word.replace(/^[^-]*-/, '');
  const files = await filesBelow(from);
  return Promise.all(
    files.map(async (file) => {
      const text = (await readIfThere(file)) ?? '';
      const renamed = text
        .replace(/ +# the default$/m, '')
        .replaceAll(old, name)
        .replaceAll(minor(old), minor(name));
      return { ...(await modeOf(file)), path: join(to, relative(from, file)), text: renamed };
    }),
  );
}

async function modeOf(file: string): Promise<{ mode: number }> {
  const { mode } = await stat(file);
  return { mode: (mode & 0o111) === 0 ? 0o644 : 0o755 };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
