import { didYouMean } from '../shared/text.ts';
import type { Finding } from './finding.ts';
import {
  type ChildConfig,
  type ExtendingConfig,
  type ProviderConfig,
  providerSchema,
  sectionsIn,
} from './schema.ts';
import type { YamlDocument } from './yaml-text.ts';

/** What a provider is that says only in what it differs from another one. */
export function extendProvider(
  base: ProviderConfig,
  own: ExtendingConfig,
  document: YamlDocument,
): { readonly data: ProviderConfig; readonly findings: readonly Finding[] } {
  const { extends: folder, tags = {}, components = [], images = [], ...more } = own;
  const { defaults, packages = [], ...rest } = more;
  const inherited: Readonly<Record<string, object | undefined>> = sectionsIn(base);
  const sections = Object.entries(sectionsIn(own)).map(([kind, section]): [string, object] => [
    kind,
    { ...inherited[kind], ...section },
  ]);
  const known = base.images.map((image) => repositoryOf(image.name));
  const tagged = base.images.map((image) => {
    const repository = repositoryOf(image.name);
    const tag = tags[repository];
    return tag === undefined ? image : { ...image, name: `${repository}:${tag}` };
  });
  const data = providerSchema.parse({
    ...base,
    ...rest,
    defaults: { ...base.defaults, ...defaults },
    ...Object.fromEntries(sections),
    packages: [...new Set([...base.packages, ...packages])],
    components: overlaid(base.components, components, ({ name }) => name),
    images: overlaid(tagged, images, ({ name }) => repositoryOf(name)),
  });
  const findings = Object.keys(tags)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const text = `"tags": there is no image "${name}" in ${folder}.${didYouMean(name, known)}`;
      return document.finding(['tags'], text, name);
    });
  return { data, findings };
}

/** What a provider of plain machines is that is made from another one. */
export function childOf(parent: ProviderConfig, own: ChildConfig): ProviderConfig {
  const { name, defaults, kernelArgs = parent.kernelArgs, vm, packages = [], check = [] } = own;
  return providerSchema.parse({
    ...parent,
    name,
    kernelArgs,
    defaults: { ...parent.defaults, ...defaults },
    vm: { ...parent.vm, ...vm },
    packages: [...new Set([...parent.packages, ...packages])],
    check: [...parent.check, ...check],
  });
}

/** `registry.k8s.io/etcd` of `registry.k8s.io/etcd:3.6.8-0` */
export function repositoryOf(image: string): string {
  return image.replace(/:[^:/]*$/, '');
}

/** Each in the place of the one with the same name, the others in addition. */
function overlaid<T>(base: readonly T[], own: readonly T[], nameOf: (one: T) => string): T[] {
  const byName = new Map(own.map((one) => [nameOf(one), one]));
  const kept = base.map((one) => byName.get(nameOf(one)) ?? one);
  const there = new Set(base.map(nameOf));
  return [...kept, ...own.filter((one) => !there.has(nameOf(one)))];
}
