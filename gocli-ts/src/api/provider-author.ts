import { resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import { GocliError } from '../errors/error.ts';
import { pathFrom } from '../host/paths.ts';
import type { Finding } from '../provider/finding.ts';
import { nameOfFolder, type ProviderFolder } from '../provider/folders.ts';
import { isProviderName } from '../provider/name.ts';
import { type BumpResult, bumpProvider } from '../provision/author/bump.ts';
import { newProvider, type NewProviderResult } from '../provision/author/new-provider.ts';
import { lintProvider } from '../provision/lint/lint.ts';
import type { Context } from './context.ts';
import { folderOf, foldersOf } from './provider-image.ts';
import { settingsOrNotice } from './settings.ts';

export interface ProviderLintRequest {
  /** `k8s-1.36`, `k8s/1.36` or a version folder; all providers of the checkout unless given. */
  readonly name?: string | undefined;
}

export interface LintedProvider {
  readonly name: string;
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** Whether manifests and names of images were compared with the source of its Kubernetes in Go's module cache. */
  readonly withSource: boolean;
}

export interface ProviderLintResult {
  readonly providers: readonly LintedProvider[];
}

export interface ProviderNewRequest {
  /** `k8s/1.38` or `k8s-1.38` */
  readonly name: string;
  /** The provider whose data it begins with. */
  readonly from: string;
}

export interface ProviderBumpRequest {
  readonly name: string;
  /** Release of Kubernetes, `1.36.4`. */
  readonly version: string;
}

/** All that is wrong with providers, each at its place. @throws GocliError PROVIDER_UNKNOWN, BAD_FILE */
export async function lint({ name }: ProviderLintRequest, context: Context): Promise<ProviderLintResult> {
  const folders = name === undefined ? await foldersOf(context) : [await folderMeant(name, context)];
  const providers: LintedProvider[] = [];
  const settings = await settingsOrNotice(context);
  for (const each of folders)
    providers.push({ ...each, ...(await lintProvider(each.folder, context, settings)) });
  return { providers };
}

/** A version folder by its path, else one of the checkout by its name. */
async function folderMeant(word: string, context: Context): Promise<ProviderFolder> {
  if (word.includes('/')) {
    const folder = resolve(pathFrom(context.cwd, word));
    const there = await stat(folder).catch(() => undefined);
    if (there?.isDirectory() === true) return { name: nameOfFolder(folder), folder };
  }
  return folderOf(word, context);
}

/**
 * Makes the folder of a new version. @throws GocliError PROVIDER_UNKNOWN, BAD_VALUE, BAD_FILE, CONFLICT when it is there
 */
export async function create(
  { name, from }: ProviderNewRequest,
  context: Context,
): Promise<NewProviderResult> {
  const [, family, version] = /^([a-z0-9]+)[/-]([a-z0-9][a-z0-9.-]*)$/.exec(name) ?? [];
  if (family === undefined || version === undefined || !isProviderName(`${family}-${version}`)) {
    throw new GocliError('BAD_VALUE', `"${name}" cannot be the name of a provider`, {
      hint: 'Name the folder that is to be below cluster-provision, for example k8s/1.38.',
    });
  }
  const { folder } = await folderOf(from, context);
  return newProvider(folder, family, version, await settingsOrNotice(context));
}

/**
 * Gives a provider another release of Kubernetes.
 * @throws GocliError PROVIDER_UNKNOWN, BAD_VALUE, BAD_FILE; DOWNLOAD naming the module that cannot be had
 */
export async function bump({ name, version }: ProviderBumpRequest, context: Context): Promise<BumpResult> {
  const [, release] = /^v?(\d+\.\d+\.\d+)$/.exec(version) ?? [];
  if (release === undefined) {
    throw new GocliError('BAD_VALUE', `"${version}" is no release of Kubernetes`, {
      hint: 'Write all three numbers, for example 1.36.4.',
    });
  }
  const { folder } = await folderOf(name, context);
  return bumpProvider(folder, release, context, await settingsOrNotice(context));
}
