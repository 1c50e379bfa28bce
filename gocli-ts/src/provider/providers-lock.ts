import { join } from 'node:path';
import { GocliError } from '../errors/error.ts';
import { readIfThere, writeAtomic } from '../host/atomic-files.ts';
import { IMAGE_TAG, registryAndPath } from '../shared/image-reference.ts';
import { isProviderName } from './name.ts';

/** An image of a provider as it was published. */
export interface PublishedProvider {
  /** `k8s-1.36` */
  readonly provider: string;
  /** `registry.example:5000/team/k8s-1.36` */
  readonly repository: string;
  readonly tag: string;
  /** Of its manifest: what it is pulled by. */
  readonly digest: string;
  /** Of its configuration: what Docker calls its id. */
  readonly config: string;
  /** Key of the recipe it was made by; `-` for one that says none. */
  readonly recipe: string;
}

const HEAD = `# Images of the providers as they were published, and what they are pulled by; gocli publish writes this file.
# provider repository tag digest config recipe
`;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const RECIPE = /^(?:-|[0-9a-f]{1,128})$/;

/** Where a checkout has it. */
export function publishedFile(checkout: string): string {
  return join(checkout, 'cluster-up', 'cluster', 'providers.lock');
}

/**
 * The published images of a checkout, by provider; none when there is no such file.
 * @throws GocliError BAD_FILE with its line, FILE
 */
export async function readPublished(checkout: string): Promise<ReadonlyMap<string, PublishedProvider>> {
  const file = publishedFile(checkout);
  return parsePublished((await readIfThere(file)) ?? '', file);
}

/** @param file for messages @throws GocliError BAD_FILE */
export function parsePublished(text: string, file: string): ReadonlyMap<string, PublishedProvider> {
  const all = new Map<string, PublishedProvider>();
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const one = parseLine(line);
    if (one === undefined || all.has(one.provider)) {
      throw new GocliError(
        'BAD_FILE',
        `${file}:${at + 1}: ${one === undefined ? 'no published image' : `a second ${one.provider}`}`,
        {
          observed: JSON.stringify(line.slice(0, 200)),
          hint: `It has to be: PROVIDER REGISTRY/PATH TAG sha256:DIGEST sha256:CONFIG RECIPE. Take it from version control, or publish again.`,
        },
      );
    }
    all.set(one.provider, one);
  }
  return all;
}

function parseLine(line: string): PublishedProvider | undefined {
  const [provider = '', repository = '', tag = '', digest = '', config = '', recipe = '', more] =
    line.split(' ');
  const isRight =
    more === undefined &&
    isProviderName(provider) &&
    registryAndPath(repository) !== undefined &&
    IMAGE_TAG.test(tag) &&
    DIGEST.test(digest) &&
    DIGEST.test(config) &&
    RECIPE.test(recipe);
  return isRight ? { provider, repository, tag, digest, config, recipe } : undefined;
}

/** As it is written: sorted, so that it differs only where an image does. */
export function renderPublished(all: Iterable<PublishedProvider>): string {
  const lines = [...all].map((one) => `${publishedLine(one)}\n`).sort();
  return `${HEAD}${lines.join('')}`;
}

export function publishedLine(one: PublishedProvider): string {
  const { provider, repository, tag, digest, config, recipe } = one;
  return [provider, repository, tag, digest, config, recipe].join(' ');
}

/** Puts an image in the place of the one of its provider. @throws GocliError BAD_FILE, FILE, DISK_FULL */
export async function rememberPublished(checkout: string, one: PublishedProvider): Promise<void> {
  const all = new Map(await readPublished(checkout)).set(one.provider, one);
  await writeAtomic(publishedFile(checkout), renderPublished(all.values()));
}
