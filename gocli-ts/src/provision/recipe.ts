import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Finding, inFileOrder, soundOf, throwFindings } from '../provider/finding.ts';
import { inspectRecipe, type InspectedRecipe } from './lint/inspect-recipe.ts';
import type { Settings } from '../provider/settings.ts';
import type { Recipe } from './step.ts';

/**
 * Reads a version folder such as `cluster-provision/k8s/1.36`, and finds all of its mistakes before minutes of work.
 * @param settings what it is to be made with; variables that are missing are among the mistakes then
 * @throws GocliError BAD_FILE with each of them at its line
 */
export async function readRecipe(path: string, settings?: Settings): Promise<Recipe> {
  return recipeOf(await inspect(path, settings));
}

/**
 * The same for whoever makes nothing, and can do without variables unless provider.yaml cannot be read without.
 * @throws GocliError BAD_FILE
 */
export async function readUnmade(path: string, settings?: Settings): Promise<Recipe> {
  const { recipe, unset } = await readAsFar(path, settings);
  return recipeOf({ recipe, findings: recipe === undefined ? unset : [], source: { file: path } });
}

/** What is known of a version folder of which nothing is wrong but that variables may be missing. */
export interface AsFar {
  /** Undefined when provider.yaml cannot be read without them. */
  readonly recipe?: Recipe | undefined;
  /** What is missing, each where it is asked for. */
  readonly unset: readonly Finding[];
}

/** @throws GocliError BAD_FILE for all else that is wrong */
export async function readAsFar(path: string, settings?: Settings): Promise<AsFar> {
  const { recipe, findings, source } = await inspect(path, settings);
  throwFindings(inFileOrder(findings.filter((one) => !source.missing.includes(one))));
  return { recipe, unset: source.missing };
}

async function inspect(path: string, settings: Settings | undefined): Promise<InspectedRecipe> {
  const given = resolve(path);
  return inspectRecipe(await realpath(given).catch(() => given), settings);
}

function recipeOf({
  recipe,
  findings,
  source,
}: {
  readonly recipe?: Recipe | undefined;
  readonly findings: readonly Finding[];
  readonly source: { readonly file: string };
}): Recipe {
  return soundOf(recipe, inFileOrder(findings), source.file);
}
