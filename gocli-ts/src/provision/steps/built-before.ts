import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../shared/json.ts';

/** Folder of the programs in the result of the step. */
export const PROGRAM_FOLDER = 'bin';
/** What each component was built from, and its programs, as JSON in the result of the step. */
const COMPONENTS_FILE = 'components.json';

/** `v1.36.3` by name of the program. */
export type ProgramVersions = Readonly<Record<string, string>>;

const builtSchema = z.object({ key: z.string(), programs: z.record(z.string(), z.string()) });

/** A component as it was built: the key of all that decided it, and its programs with their versions. */
export type BuiltComponent = z.infer<typeof builtSchema>;

export async function writeBuilt(
  output: string,
  built: Readonly<Record<string, BuiltComponent>>,
): Promise<void> {
  await writeFile(join(output, COMPONENTS_FILE), `${JSON.stringify(built, undefined, 2)}\n`);
}

/**
 * Puts the programs of a component into a result from another one that has the very same, so that versions share what is
 * equal and a change of one component builds that one. They are links to the same files, which nothing changes.
 * @param earlier folders of results, which another process may remove meanwhile
 * @returns undefined where none has it
 */
export async function takeBuilt(
  name: string,
  key: string,
  earlier: readonly string[],
  output: string,
): Promise<BuiltComponent | undefined> {
  for (const folder of earlier) {
    const built = await readBuilt(folder, name);
    if (built?.key !== key) continue;
    if (
      await linkAll(Object.keys(built.programs), join(folder, PROGRAM_FOLDER), join(output, PROGRAM_FOLDER))
    )
      return built;
  }
  return undefined;
}

async function readBuilt(folder: string, name: string): Promise<BuiltComponent | undefined> {
  const text = await readFile(join(folder, COMPONENTS_FILE), 'utf8').catch(() => undefined);
  const parsed = z.record(z.string(), builtSchema).safeParse(text === undefined ? {} : parseJson(text));
  return parsed.data?.[name];
}

/**
 * Whether all of them could be linked; what could not be is built. None is left otherwise: a compiler might write into the
 * file of the other result.
 */
async function linkAll(programs: readonly string[], from: string, to: string): Promise<boolean> {
  const linked: string[] = [];
  try {
    for (const program of programs) {
      await link(join(from, program), join(to, program));
      linked.push(program);
    }
    return true;
  } catch {
    await Promise.all(linked.map((program) => rm(join(to, program), { force: true })));
    return false;
  }
}
