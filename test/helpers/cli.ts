import { fileURLToPath } from 'node:url';
import { execa, type Result } from 'execa';

/** Root of the checkout, from the compiled helper in dist/test/helpers. */
export const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));
const BIN = `${CHECKOUT}gocli-ts/bin/gocli.js`;

/** The built command line with the kind of the tiny guest, for tests that start it as a child of their own. */
export const TINY_GOCLI = `${CHECKOUT}dist/test/helpers/tiny-gocli.js`;

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
}

export type CliResult = Result<{ reject: false; stripFinalNewline: false }>;

/** Runs the built command line as a user would and returns whatever happens. */
export function gocli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return command([process.execPath, BIN, ...argv], options);
}

/** The same with the kind of the tiny guest beside those that users have. */
export function tinyGocli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return command([process.execPath, TINY_GOCLI, ...argv], options);
}

/** Runs any program, without a shell. */
export async function command(
  [file, ...argv]: readonly [string, ...string[]],
  options: CliOptions = {},
): Promise<CliResult> {
  return execa(file, argv, {
    cwd: options.cwd ?? CHECKOUT,
    env: { ...options.env },
    reject: false,
    stripFinalNewline: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
  }) as Promise<CliResult>;
}

/** Both streams, for messages of assertions. */
export function outputOf({ exitCode, stdout, stderr }: CliResult): string {
  return `exit code ${String(exitCode)}\n${stdout}\n${stderr}`;
}
