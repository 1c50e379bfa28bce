import { join } from 'node:path';
import { z } from 'zod';
import type { Host } from '../../host/interface.ts';

/** A program that was built outside of a module (Debian's docker-registry) has an empty one. */
const moduleSchema = z.object({
  Path: z.string().default(''),
  Version: z.string().optional(),
  Sum: z.string().optional(),
});
const buildSchema = z.object({
  GoVersion: z.string(),
  Path: z.string().default(''),
  Main: moduleSchema.optional(),
  Deps: z.array(moduleSchema.extend({ Replace: moduleSchema.optional() })).nullish(),
});

interface GoModule {
  readonly path: string;
  readonly version: string;
  /** `h1:…` of go.sum, when known. */
  readonly sum?: string;
}

export interface GoProgram {
  /** Path in the image. */
  readonly file: string;
  readonly goVersion: string;
  /** Import path of the main package. */
  readonly package: string;
  readonly modules: readonly GoModule[];
}

/** Build information of Go programs below a folder. What only looks like a Go program is left out. */
export async function readGoPrograms(
  host: Host,
  tree: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<GoProgram[]> {
  const found: GoProgram[] = [];
  for (const file of files) {
    const { exitCode, stdout } = await host.run(['go', 'version', '-m', '-json', join(tree, file)], {
      signal,
      allowFailure: true,
    });
    const program = exitCode === 0 ? parseBuildInfo(stdout, `/${file}`) : undefined;
    if (program !== undefined) found.push(program);
  }
  return found;
}

/** Reads what `go version -m -json` prints of one program (Go 1.25 or newer). */
export function parseBuildInfo(json: string, file: string): GoProgram | undefined {
  if (json.trim() === '') return undefined;
  const { GoVersion, Path, Main, Deps } = buildSchema.parse(JSON.parse(json));
  const modules = [
    ...(Main === undefined ? [] : [Main]),
    ...(Deps ?? []).map(({ Replace, ...module }) => Replace ?? module),
  ];
  return {
    file,
    goVersion: GoVersion,
    package: Path,
    modules: modules
      .filter((module) => module.Path !== '')
      .map(({ Path: path, Version = '(devel)', Sum }) => ({
        path,
        version: Version,
        ...(Sum === undefined ? {} : { sum: Sum }),
      })),
  };
}
