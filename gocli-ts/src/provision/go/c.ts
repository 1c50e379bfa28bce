import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import type { Host } from '../../host/interface.ts';
import { lastLines } from '../../shared/text.ts';

/**
 * Builds a static C program with the host's compiler, and without traces of when and where.
 * @throws GocliError TOOL_MISSING, COMMAND
 */
export async function buildC(
  source: { readonly folder: string; readonly file: string; readonly version: string },
  file: string,
  { host, signal }: { readonly host: Host; readonly signal: AbortSignal },
): Promise<void> {
  const argv = [
    'gcc',
    ...[
      '-Os',
      '-Wall',
      '-static',
      '-s',
      `-DVERSION=${source.version}`,
      `-ffile-prefix-map=${source.folder}=.`,
    ],
    ...['-o', file, join(source.folder, source.file)],
  ] as const;
  const { exitCode, stderr } = await host.run(argv, { signal, allowFailure: true });
  if (exitCode === 0) return;
  const noHeaders = /: (stdio|stdlib|unistd|signal)\.h: No such file|cannot find -lc/.test(stderr);
  throw new GocliError(noHeaders ? 'TOOL_MISSING' : 'COMMAND', `${source.file} cannot be compiled`, {
    observed: lastLines(stderr, 12),
    ...(noHeaders ? { hint: 'Install the C library for development: `apt-get install libc6-dev`.' } : {}),
  });
}

/** `14.2.0`: the compiler that builds. @throws GocliError TOOL_MISSING */
export async function compilerVersion({
  host,
  signal,
}: {
  readonly host: Host;
  readonly signal: AbortSignal;
}): Promise<string> {
  const { stdout } = await host.run(['gcc', '-dumpfullversion'], { signal, allowFailure: true });
  return stdout.trim();
}
