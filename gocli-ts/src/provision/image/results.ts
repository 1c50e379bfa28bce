import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { IMAGE_FILE, type StepContext, type StepName } from '../step.ts';

/** Folder with the result of a step that this one needs. */
export function resultOf({ results }: Pick<StepContext, 'results'>, step: StepName): string {
  const folder = results[step];
  if (folder === undefined)
    throw new GocliError('INTERNAL', `the result of step ${step} is used but not declared as needed`);
  return folder;
}

/** The Docker image that is the result of a step. */
export async function imageOf(context: Pick<StepContext, 'results'>, step: StepName): Promise<string> {
  return (await readFile(join(resultOf(context, step), IMAGE_FILE), 'utf8')).trim();
}

/** `uid:gid` of this process: what a container then writes to the host belongs to it. */
export function ownUser(): string {
  return `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
}
