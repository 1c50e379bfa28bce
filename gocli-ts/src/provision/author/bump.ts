import { mkdtemp, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { GocliError } from '../../errors/error.ts';
import { isThere, makeFolder, readIfThere, writeAtomic } from '../../host/atomic-files.ts';
import { repositoryOf } from '../../provider/extend.ts';
import { editYaml, type YamlEdit } from '../../provider/yaml-edit.ts';
import type { Settings } from '../../provider/settings.ts';
import { readProviderFile } from '../../provider/provider-file.ts';
import type { GoContext } from '../go/module.ts';
import { type KubeadmVersions, kubeadmTags } from '../kubeadm-images.ts';
import { tagOf } from '../oci/content.ts';
import { readUnmade } from '../recipe.ts';
import type { Recipe } from '../step.ts';
import { componentAt, type FileChanges, fetchRelease, kubernetesModule } from './modules.ts';

const ownComponents = z.looseObject({ components: z.array(z.looseObject({ name: z.string() })).optional() });

export interface BumpResult {
  readonly provider: string;
  readonly from: string;
  readonly to: string;
  /** Paths of the files that were written, or removed. */
  readonly files: readonly string[];
}

/**
 * Gives a provider another release of Kubernetes: its module, what kubeadm asks for beside it, the names of the images, and a
 * line in the changelog. Nothing is written before all of it could be had.
 * @param folder a version folder
 * @param version `1.36.4`
 * @throws GocliError BAD_FILE, BAD_VALUE; DOWNLOAD naming the module that cannot be had
 */
export async function bumpProvider(
  folder: string,
  version: string,
  context: GoContext,
  settings?: Settings,
): Promise<BumpResult> {
  const recipe = await readUnmade(folder, settings);
  const { provider } = recipe;
  const from = provider.kubernetes?.version;
  if (from === undefined) {
    throw new GocliError('BAD_VALUE', `${provider.name} has no Kubernetes whose version could be changed`);
  }
  await refuseOtherMinor(provider.name, folder, version);
  const scratch = await mkdtemp(join(tmpdir(), 'gocli-bump-'));
  try {
    const release = await fetchRelease(version, context);
    const { etcd, coredns } = release.kubeadm;
    const changes = new Map<string, string | undefined>([
      ...(await kubernetesModule(recipe, release, scratch, context)),
      ...(await componentAt(recipe, 'etcd', `v${etcd.replace(/-\d+$/, '')}`, scratch, context)),
      ...(await componentAt(recipe, 'coredns', coredns, scratch, context)),
      ...(await textChanges(recipe, from, version, release.kubeadm)),
    ]);
    return { provider: provider.name, from, to: version, files: await apply(changes) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A folder that is called after a minor version has no release of another. @throws GocliError BAD_VALUE */
async function refuseOtherMinor(name: string, folder: string, version: string): Promise<void> {
  const minor = /^\d+\.\d+$/.exec(basename(folder))?.[0];
  if (minor === undefined || version.startsWith(`${minor}.`)) return;
  const other = version.split('.').slice(0, 2).join('.');
  const family = basename(dirname(folder));
  const hint = (await isThere(join(dirname(folder), other)))
    ? `Type: gocli provider bump ${family}/${other} ${version}`
    : `Give it a folder of its own: gocli provider new ${family}/${other} --from ${family}/${minor}`;
  throw new GocliError(
    'BAD_VALUE',
    `${version} is no release of ${minor}, which the folder of ${name} is called`,
    { hint },
  );
}

/** @returns paths of what was not so already */
async function apply(changes: FileChanges): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, text] of changes) {
    if ((await readIfThere(path)) === text) continue;
    if (text === undefined) {
      await rm(path);
      // git keeps no empty folder either. One that has more than that stays.
      await rmdir(dirname(path)).catch(() => undefined);
    } else {
      // What is in a checkout is for whoever reads it.
      await makeFolder(dirname(path), 0o755);
      await writeAtomic(path, text);
    }
    changed.push(path);
  }
  return changed;
}

async function textChanges(
  recipe: Recipe,
  from: string,
  version: string,
  kubeadm: KubeadmVersions,
): Promise<[string, string][]> {
  const { root, folder, provider } = recipe;
  const file = join(folder, 'provider.yaml');
  const tags = kubeadmTags(version, kubeadm);
  const text = await readFile(file, 'utf8');
  const edits =
    recipe.base === undefined
      ? ownEdits(recipe, version, tags)
      : await extendingEdits(recipe, text, version, tags);
  const changes: [string, string][] = [[file, editYaml(text, edits)]];
  const readme = join(folder, 'README.md');
  const about = await readIfThere(readme);
  if (about !== undefined) changes.push([readme, about.replaceAll(from, version)]);
  const changelog = join(dirname(root), 'CHANGELOG.md');
  const log = await readIfThere(changelog);
  if (log !== undefined && from !== version)
    changes.push([changelog, withLine(log, `${provider.name} has Kubernetes ${version}.`)]);
  return changes;
}

/** Where all stands in the file itself. */
function ownEdits({ provider }: Recipe, version: string, tags: Readonly<Record<string, string>>): YamlEdit[] {
  const images = provider.images.flatMap(({ name }, at): YamlEdit[] => {
    const tag = tags[repositoryOf(name)];
    return tag === undefined ? [] : [{ path: ['images', at, 'name'], value: `${repositoryOf(name)}:${tag}` }];
  });
  const pause = provider.components.findIndex(({ name }) => name === 'pause');
  return [
    { path: ['kubernetes', 'version'], value: version },
    ...images,
    ...(pause === -1
      ? []
      : [{ path: ['components', pause, 'c', 'version'], value: `v${tags['registry.k8s.io/pause'] ?? ''}` }]),
  ];
}

/** Where it says only in what it differs from another. */
async function extendingEdits(
  { base = '', provider }: Recipe,
  text: string,
  version: string,
  tags: Readonly<Record<string, string>>,
): Promise<YamlEdit[]> {
  const other = await readProviderFile(base);
  const differing = Object.entries(tags).flatMap(([repository, tag]): YamlEdit[] => {
    const image = other.images.find(({ name }) => repositoryOf(name) === repository);
    if (image === undefined) return [];
    return [{ path: ['tags', repository], value: tagOf(image.name) === tag ? undefined : tag }];
  });
  const pause = provider.components.find(({ name }) => name === 'pause');
  const wanted = `v${tags['registry.k8s.io/pause'] ?? ''}`;
  const { components: own = [] } = ownComponents.parse(parse(text));
  return [
    { path: ['kubernetes', 'version'], value: version },
    ...differing,
    ...(pause?.c === undefined || pause.c.version === wanted
      ? []
      : [pauseEdit(own, { ...pause.c, version: wanted })]),
  ];
}

/** pause is a component without a go.mod, whose version stands in the file. */
function pauseEdit(
  own: readonly { readonly name: string }[],
  c: Readonly<Record<string, unknown>>,
): YamlEdit {
  const at = own.findIndex(({ name }) => name === 'pause');
  return { path: ['components', at === -1 ? own.length : at], value: { name: 'pause', c } };
}

/** A changelog with a line at the head of what is not released yet. */
export function withLine(changelog: string, line: string): string {
  const heading = /^## Unreleased$/m.exec(changelog);
  if (heading === null) return changelog;
  const after = heading.index + heading[0].length;
  const list = /^- /m.exec(changelog.slice(after));
  const at = list === null ? after + 1 : after + list.index;
  return `${changelog.slice(0, at)}${list === null ? '\n' : ''}- ${line}\n${changelog.slice(at)}`;
}
