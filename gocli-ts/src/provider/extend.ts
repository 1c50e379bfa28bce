import { didYouMean } from '../shared/text.ts';
import type { Finding } from './finding.ts';
import {
  type ChildConfig,
  type ExtendingConfig,
  type ProviderConfig,
  providerSchema,
  sectionsIn,
} from './schema.ts';
import { type Checked, checkBySchema } from './schema-findings.ts';
import type { YamlDocument } from './yaml-text.ts';

/** What a provider is that says only in what it differs from another one, and what of its file does not fit that. */
export function extendProvider(
  base: ProviderConfig,
  own: ExtendingConfig,
  document: YamlDocument,
): Checked<ProviderConfig> {
  const { extends: folder, tags = {}, components = [], images = [], ...more } = own;
  const { defaults, packages = [], ...rest } = more;
  const { sections, findings: foreign } = joinSections(base, own, folder, document);
  const known = base.images.map((image) => repositoryOf(image.name));
  const tagged = base.images.map((image) => {
    const repository = repositoryOf(image.name);
    const tag = tags[repository];
    return tag === undefined ? image : { ...image, name: `${repository}:${tag}` };
  });
  const { findings: wrong, ...checked } = checkBySchema(providerSchema, document, {
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
  return { ...checked, findings: [...foreign, ...wrong, ...findings] };
}

/** The same of one that is made from another one. */
export function childOf(
  parent: ProviderConfig,
  own: ChildConfig,
  document: YamlDocument,
): Checked<ProviderConfig> {
  const {
    name,
    from,
    defaults,
    environment,
    kernelArgs = parent.kernelArgs,
    packages = [],
    check = [],
    warm = [],
  } = own;
  const { sections, findings: foreign } = joinSections(parent, own, from, document);
  const { findings: wrong, ...checked } = checkBySchema(providerSchema, document, {
    ...parent,
    name,
    kernelArgs,
    defaults: { ...parent.defaults, ...defaults },
    ...sections,
    packages: [...new Set([...parent.packages, ...packages])],
    environment: { ...parent.environment, ...environment },
    check: [...parent.check, ...check],
    warm: [...parent.warm, ...warm],
  });
  return { ...checked, findings: [...foreign, ...wrong] };
}

/** What both say of their kind; one that says nothing of it is joined by any. @param of what the other one is called */
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
  const isForeign = (kind: string): boolean => Object.keys(there).length > 0 && there[kind] === undefined;
  const joined = said.map(([kind, section]): [string, object | undefined] => [
    kind,
    isForeign(kind) ? undefined : { ...there[kind], ...section },
  ]);
  const findings = said
    .filter(([kind]) => isForeign(kind))
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
