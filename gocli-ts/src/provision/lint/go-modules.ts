import type { Finding } from '../../provider/finding.ts';
import type { InspectedProvider } from '../../provider/provider-file.ts';
import type { ComponentConfig, ProviderConfig } from '../../provider/schema.ts';
import { didYouMean } from '../../shared/text.ts';
import { type ComponentModule, KUBERNETES, readModule } from '../component-module.ts';
import { directivesOf, moduleOfPackage, requirement } from '../go/mod-file.ts';
import { tagHolds, tagOf } from '../oci/content.ts';
import type { Recipe } from '../step.ts';

/** Where provider.yaml and the go.mod files that are there say different versions, told without Go. */
export async function disagreements(recipe: Recipe, source: InspectedProvider): Promise<Finding[]> {
  const { provider } = recipe;
  const modules = (await modulesOf(recipe))
    .map(([, module]) => module)
    .filter((module) => module !== undefined);
  return [
    ...modules.flatMap(({ mod }) => mod.findings),
    ...kubernetesFindings(provider, modules, source),
    ...tagFindings(provider, modules, source),
  ];
}

/** Modules and programs that provider.yaml names and that are nowhere. */
export async function missingModules(recipe: Recipe, source: InspectedProvider): Promise<Finding[]> {
  const { provider } = recipe;
  const all = await modulesOf(recipe);
  const findings = all.flatMap(([name, module]): Finding[] => {
    if (module === undefined) {
      const text = `there is no go.mod for the component "${name}", neither beside this file nor in components/`;
      return [placed(source, text, 'components', name)];
    }
    const { mod } = module;
    if (name !== KUBERNETES || requirement(mod, 'k8s.io/kubernetes') !== undefined) return [];
    return [{ file: mod.file, line: 1, column: 1, text: 'k8s.io/kubernetes is not required' }];
  });
  const known = [
    ...provider.components.map(({ name }) => name),
    ...all.flatMap(([, module]) => (module === undefined ? [] : toolsOf(module))),
  ];
  const unknown = provider.images.flatMap(({ name, programs }) =>
    programs
      .filter((program) => !known.includes(program))
      .map((program) => {
        const text = `the image ${name} is to hold "${program}", which no component builds.${didYouMean(program, known)}`;
        return placed(source, text, 'images', name);
      }),
  );
  return [...findings, ...unknown];
}

async function modulesOf(
  recipe: Recipe,
): Promise<[component: string, module: ComponentModule | undefined][]> {
  const names = recipe.provider.components.filter(({ c }) => c === undefined).map(({ name }) => name);
  return Promise.all(names.map(async (name) => [name, await readModule(recipe, name)]));
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
  if (required === undefined) return [];
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
function tagFindings(
  provider: ProviderConfig,
  modules: readonly ComponentModule[],
  source: InspectedProvider,
): Finding[] {
  return provider.images.flatMap((image) =>
    image.programs.flatMap((program) => {
      const version = versionOf(program, provider, modules);
      if (version === undefined || tagHolds(tagOf(image.name), version)) return [];
      const text = `the image ${image.name} would hold ${program} ${version}`;
      return [placed(source, text, 'images', image.name)];
    }),
  );
}

/** Names of the programs that a module has as tools; as in go/module.ts. */
function toolsOf({ mod }: ComponentModule): string[] {
  const tools = directivesOf(mod, 'tool').flatMap(({ words }) => words);
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
