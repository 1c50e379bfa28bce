import type { Finding } from '../../provider/finding.ts';
import type { InspectedProvider } from '../../provider/provider-file.ts';
import type { ComponentConfig, ProviderConfig } from '../../provider/schema.ts';
import { didYouMean } from '../../shared/text.ts';
import { type ComponentModule, KUBERNETES, readModule } from '../component-module.ts';
import { directivesOf, moduleOfPackage, requirement } from '../go/mod-file.ts';
import { tagHolds, tagOf } from '../oci/content.ts';
import type { Recipe } from '../step.ts';

/** What is wrong between the versions of provider.yaml and those that the go.mod files pin, told without Go. */
export async function goModuleFindings(recipe: Recipe, source: InspectedProvider): Promise<Finding[]> {
  const { provider } = recipe;
  const fromGo = provider.components.filter(({ c }) => c === undefined);
  const found = await Promise.all(fromGo.map(({ name }) => readModule(recipe, name)));
  const modules = found.filter((module) => module !== undefined);
  const missing = fromGo
    .filter((_, at) => found[at] === undefined)
    .map(({ name }) => {
      const text = `there is no go.mod for the component "${name}", neither beside this file nor in components/`;
      return placed(source, text, 'components', name);
    });
  return [
    ...missing,
    ...modules.flatMap(({ mod }) => mod.findings),
    ...kubernetesFindings(provider, modules, source),
    ...imageFindings(provider, modules, source),
  ];
}

/** Of an item of a list in provider.yaml, or in the list at all when it stands in the file that this one extends. */
function placed(
  { provider, base, document }: InspectedProvider,
  text: string,
  list: 'components' | 'images',
  name: string,
): Finding {
  const at = base === undefined ? (provider?.[list].findIndex((item) => item.name === name) ?? -1) : -1;
  return document.finding(at === -1 ? [] : [list, at, 'name'], text);
}

function kubernetesFindings(
  provider: ProviderConfig,
  modules: readonly ComponentModule[],
  { document }: InspectedProvider,
): Finding[] {
  const module = modules.find(({ component }) => component === KUBERNETES);
  if (module === undefined || provider.kubernetes === undefined) return [];
  const { mod } = module;
  const { version } = provider.kubernetes;
  const required = requirement(mod, 'k8s.io/kubernetes');
  if (required === undefined)
    return [{ file: mod.file, line: 1, column: 1, text: 'k8s.io/kubernetes is not required' }];
  const findings: Finding[] = [];
  const [, pinned = ''] = required.words;
  if (pinned !== `v${version}`) {
    const text = `Kubernetes is ${version} here, and ${pinned} in ${mod.file}:${required.line.toFixed(0)}`;
    findings.push(document.finding(['kubernetes', 'version'], text));
  }
  // Staged modules have the version of the release with 0 for 1 (k8s.io/kubernetes, staging/README.md).
  const staged = pinned.replace(/^v1\./, 'v0.');
  for (const { words, line, column } of directivesOf(mod, 'replace')) {
    const [from = '', , to, replaced = ''] = words;
    if (from !== to || !from.startsWith('k8s.io/') || replaced === staged) continue;
    const text = `${from} is replaced by ${replaced}, which is not of Kubernetes ${pinned}: ${staged}`;
    findings.push({ file: mod.file, line, column, text });
  }
  return findings;
}

/** Images whose tag is another version than that of the programs in them. */
function imageFindings(
  provider: ProviderConfig,
  modules: readonly ComponentModule[],
  source: InspectedProvider,
): Finding[] {
  const known = provider.components.flatMap((component) => [
    component.name,
    ...toolsOf(modules, component.name),
  ]);
  return provider.images.flatMap((image) =>
    image.programs.flatMap((program) => {
      if (!known.includes(program)) {
        const text = `the image ${image.name} is to hold "${program}", which no component builds.${didYouMean(program, known)}`;
        return [placed(source, text, 'images', image.name)];
      }
      const version = versionOf(program, provider, modules);
      if (version === undefined || tagHolds(tagOf(image.name), version)) return [];
      const text = `the image ${image.name} would hold ${program} ${version}`;
      return [placed(source, text, 'images', image.name)];
    }),
  );
}

function toolsOf(modules: readonly ComponentModule[], component: string): string[] {
  const module = modules.find((one) => one.component === component);
  const tools = module === undefined ? [] : directivesOf(module.mod, 'tool').flatMap(({ words }) => words);
  return tools.map((path) => path.replace(/\/v\d+$/, '').replace(/.*\//, ''));
}

/** The version of a program as go.mod pins it; undefined when that is only Go's to say. */
function versionOf(
  program: string,
  provider: ProviderConfig,
  modules: readonly ComponentModule[],
): string | undefined {
  if (program === KUBERNETES) {
    const version = provider.kubernetes?.version;
    return version === undefined ? undefined : `v${version}`;
  }
  const component: ComponentConfig | undefined = provider.components.find(({ name }) => name === program);
  if (component?.c !== undefined) return component.c.version;
  const module = modules.find((one) => one.component === program);
  const [tool, ...more] = module === undefined ? [] : directivesOf(module.mod, 'tool');
  if (module === undefined || tool === undefined || more.length > 0) return undefined;
  return moduleOfPackage(module.mod, tool.words[0] ?? '')?.words[1];
}
