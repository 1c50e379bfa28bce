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

/** A provider together with what it is made of, and what of its file does not fit that. */
interface Together {
  readonly data: ProviderConfig;
  readonly findings: readonly Finding[];
}

/** What a provider is that says only in what it differs from another one. */
export function extendProvider(base: ProviderConfig, own: ExtendingConfig, document: YamlDocument): Together {
  const { extends: folder, tags = {}, components = [], images = [], ...more } = own;
  const { defaults, packages = [], ...rest } = more;
  const { sections, findings: foreign } = joinSections(base, own, folder, document);
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
    ...sections,
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
  return { data, findings: [...foreign, ...findings] };
}

/** What a provider is that is made from another one. */
export function childOf(parent: ProviderConfig, own: ChildConfig, document: YamlDocument): Together {
  const { name, from, defaults, kernelArgs = parent.kernelArgs, packages = [], check = [] } = own;
  const { sections, findings } = joinSections(parent, own, from, document);
  const data = providerSchema.parse({
    ...parent,
    name,
    kernelArgs,
    defaults: { ...parent.defaults, ...defaults },
    ...sections,
    packages: [...new Set([...parent.packages, ...packages])],
    check: [...parent.check, ...check],
  });
  return { data, findings };
}

/** What both say of their kind. @param of what the other one is called */
function joinSections(
  other: ProviderConfig,
  own: ExtendingConfig | ChildConfig,
  of: string,
  document: YamlDocument,
): {
  readonly sections: Readonly<Record<string, object | undefined>>;
  readonly findings: readonly Finding[];
} {
  const there: Readonly<Record<string, object | undefined>> = sectionsIn(other);
  const said = Object.entries(sectionsIn(own));
  const joined = said.map(([kind, section]): [string, object | undefined] => [
    kind,
    there[kind] === undefined ? undefined : { ...there[kind], ...section },
  ]);
  const findings = said
    .filter(([kind]) => there[kind] === undefined)
    .map(([kind]) => document.finding([], `"${kind}": ${of} is of another kind`, kind));
  return { sections: { ...there, ...Object.fromEntries(joined) }, findings };
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
