import type { Finding } from '../provider/finding.ts';
import { nameOfFolder, wordsOfFolder } from '../provider/folders.ts';
import type { InspectedProvider } from '../provider/provider-file.ts';
import { type ProviderConfig, SECTIONS, sectionsIn } from '../provider/schema.ts';
import type { Build } from './builds/build.ts';
import { kubernetesBuild } from './builds/kubernetes.ts';
import { vmBuild } from './builds/vm.ts';

/** How images are made, of each kind whose images gocli makes. A new one is a file and a line here. */
const BUILDS: readonly Build[] = [kubernetesBuild, vmBuild];

/** How the image of a provider is made; left out where that cannot be told, and why is among what is wrong. */
interface Chosen {
  readonly build?: Build;
  readonly findings: readonly Finding[];
}

/**
 * How the image of a provider is made, by its kind, and what of its file is for other kinds.
 * @param builds all that there are
 */
export function chooseBuild(source: InspectedProvider, builds: readonly Build[] = BUILDS): Chosen {
  const { provider, document } = source;
  if (provider === undefined) return { findings: [] };
  const refuse = (text: string, key?: string): Chosen => ({ findings: [document.finding([], text, key)] });
  const [kind, other] = Object.keys(sectionsIn(provider));
  if (kind === undefined)
    return refuse(`there is no section that says of what kind it is: ${quoted(Object.keys(SECTIONS))}`);
  if (other !== undefined)
    return refuse(`"${other}": a provider is of one kind, and there is "${kind}"`, other);
  const build = builds.find((one) => one.kind === kind);
  if (build === undefined) {
    const known = quoted(builds.map((one) => one.kind));
    return refuse(`"${kind}": gocli can make no images of this kind, only those of ${known}`, kind);
  }
  const parent = source.parents?.at(-1);
  if (parent !== undefined && !build.layered) {
    const instead = `"extends: ${wordsOfFolder(parent.base ?? parent.folder)}"`;
    return refuse(
      `"from": no provider of ${build.called} is made from another one. It may extend one: ${instead}`,
      'from',
    );
  }
  const extended = [...(source.parents ?? []), source].find(({ base }) => base !== undefined)?.base;
  if (extended !== undefined && build.layered) {
    const instead = `"from: ${nameOfFolder(extended)}"`;
    return refuse(`"extends": ${build.called} are made from one another: ${instead}`, 'extends');
  }
  return {
    build,
    findings: foreignKeys(provider, build, builds).map((found) => document.finding([], ...found)),
  };
}

/** What only providers of other kinds have: what is to be said of it, and its key. */
function foreignKeys(provider: ProviderConfig, build: Build, builds: readonly Build[]): [string, string][] {
  const all = [...new Set(builds.flatMap(({ keys }) => keys))];
  return all
    .filter((key) => !build.keys.includes(key) && Object.keys(provider[key]).length > 0)
    .map((key) => {
      const whose = builds.filter(({ keys }) => keys.includes(key)).map(({ called }) => called);
      return [`"${key}": that is for providers of ${whose.join(' and ')}`, key];
    });
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
