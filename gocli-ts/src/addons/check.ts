import { basename } from 'node:path';
import { z } from 'zod';
import type { Finding } from '../provider/finding.ts';
import { imagesIn } from '../provider/manifest-text.ts';
import type { YamlDocument } from '../provider/yaml-text.ts';
import { didYouMean } from '../shared/text.ts';
import type { Addon, AddonManifest, InspectedAddon } from './catalog.ts';
import { whyTooLittle, whyWrong } from './options.ts';
import { INDEX, NETWORK, placeholdersIn, REPEAT } from './render.ts';

/** What images are called that every node has; only a provider builds such. */
const OF_NODES = 'localhost/';

/** What a schema cannot say of an addon. @param folder name of its folder */
export function checkAddon(addon: Addon, folder: string, document: YamlDocument): Finding[] {
  const { name, builtIn, manifests, options } = addon;
  const findings: Finding[] = [];
  if (name !== folder) findings.push(document.finding(['name'], `"name": the folder is called ${folder}`));
  if (builtIn && manifests.length > 0)
    findings.push(
      document.finding(['builtIn'], '"builtIn": the manifests of such an addon are the provider\'s'),
    );
  if (!builtIn && manifests.length === 0)
    findings.push(document.finding([], `there is no manifest beside ${basename(addon.folder)}/addon.yaml`));
  findings.push(...checkOptions(options, document));
  return [...findings, ...manifests.flatMap((manifest) => checkManifest(addon, manifest))];
}

function checkOptions(options: Addon['options'], document: YamlDocument): Finding[] {
  const defaults = Object.fromEntries(Object.entries(options).map(([key, one]) => [key, one.default]));
  return Object.entries(options).flatMap(([key, option]) => {
    const { atLeast, pattern, default: value } = option;
    const why = patternFault(pattern) ?? whyWrong(value, option) ?? whyTooLittle(value, option, defaults);
    const faults = [
      key === NETWORK || key === INDEX ? `\${${key}} is gocli's own` : undefined,
      why === undefined ? undefined : `the default ${why}`,
      atLeast === undefined || options[atLeast]?.type === 'integer'
        ? undefined
        : `"atLeast": there is no integer "${atLeast}"`,
    ];
    return faults.flatMap((fault) =>
      fault === undefined ? [] : [document.finding(['options', key], `"options.${key}": ${fault}`)],
    );
  });
}

function patternFault(pattern: string | undefined): string | undefined {
  try {
    new RegExp(pattern ?? '');
    return undefined;
  } catch {
    return 'cannot be checked: the pattern is no regular expression';
  }
}

function checkManifest({ images, options }: Addon, { file, text, objects }: AddonManifest): Finding[] {
  const names = images.map(({ name }) => name);
  const withoutSource = imagesIn(text)
    .filter(({ image }) => !names.includes(image) && !image.startsWith(OF_NODES))
    .map(({ image, line, column }) => {
      const near = didYouMean(image, names) || ' Name it in "images" of addon.yaml.';
      return { file, line, column, text: `the image ${image} has no source.${near}` };
    });
  const known = [...Object.keys(options), NETWORK];
  const strange = objects.flatMap((object) => {
    const valid = isRepeated(object) ? [...known, INDEX] : known;
    return placeholdersIn(object.data)
      .filter(({ name }) => !valid.includes(name))
      .map(({ path, name }) =>
        object.finding(path, `there is no option "${name}" in addon.yaml.${didYouMean(name, valid)}`),
      );
  });
  return [...withoutSource, ...strange];
}

const annotated = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) });

function isRepeated({ data }: YamlDocument): boolean {
  return annotated.safeParse(data).data?.metadata.annotations[REPEAT] !== undefined;
}

/** Addons that are needed and not there, and those that need each other in a circle. */
export function checkNeeds(inspected: readonly InspectedAddon[]): Finding[] {
  const addons = new Map(
    inspected.flatMap(({ addon }) => (addon === undefined ? [] : [[addon.name, addon]])),
  );
  // One whose file cannot be read is there nevertheless.
  const names = inspected.map(({ folder }) => basename(folder));
  return inspected.flatMap(({ addon, document }) => {
    if (addon === undefined) return [];
    return addon.needs.flatMap((need, at) => {
      if (!names.includes(need)) {
        const text = `"needs": there is no addon "${need}".${didYouMean(need, names)}`;
        return [document.finding(['needs', at], text)];
      }
      const circle = wayTo(addon.name, need, addons);
      if (circle === undefined) return [];
      const words = [addon.name, ...circle].join(' -> ');
      return [document.finding(['needs', at], `"needs": these need each other: ${words}`)];
    });
  });
}

/** The way from one addon to another by what is needed; undefined when there is none. */
function wayTo(
  target: string,
  from: string,
  addons: ReadonlyMap<string, Addon>,
  seen: ReadonlySet<string> = new Set(),
): readonly string[] | undefined {
  if (from === target) return [from];
  if (seen.has(from)) return undefined;
  for (const need of addons.get(from)?.needs ?? []) {
    const way = wayTo(target, need, addons, new Set([...seen, from]));
    if (way !== undefined) return [from, ...way];
  }
  return undefined;
}
