import { IMAGE_PATH } from '../shared/image-reference.ts';

/**
 * Whether a word can be the name of a provider: the last part of an image's path, and the name of a cluster, which is
 * the provider's unless another is given (`rig/names.ts`).
 */
export function isProviderName(word: string): boolean {
  return IMAGE_PATH.test(word) && /^[a-z0-9.-]{1,40}$/.test(word);
}

/** `k8s-1.36` of `k8s/1.36`, as a folder is named; a name stays as it is. */
export function providerNameOf(words: string): string {
  return words.replace('/', '-');
}
