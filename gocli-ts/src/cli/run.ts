import { randomBytes } from 'node:crypto';
import type { Docker } from '../place/port.ts';
import type { Host } from '../host/port.ts';
import type { Paths } from '../host/paths.ts';
import type { Kind } from '../rig/kind.ts';
import type { Clock } from '../shared/clock.ts';
import type { Ssh } from '../ssh/port.ts';
import { COMMANDS } from './commands.ts';
import { parseCommandLine } from './parser.ts';
import { errorData, exitCodeOf, renderError } from './render/error-report.ts';
import { makeProgress, type ProgressMode } from './render/progress.ts';
import type { OutputFormat, Session, Surroundings } from './session.ts';

/** The adapters and the process: everything a run of the command line needs from outside. */
export interface Context extends Surroundings {
  readonly docker: Docker;
  readonly host: Host;
  readonly ssh: Ssh;
  readonly clock: Clock;
  readonly paths: Paths;
  readonly version: string;
  readonly signal: AbortSignal;
  /** What rigs can be for; loaded when a command needs it. */
  readonly loadKinds: () => Promise<readonly Kind[]>;
}

/** Runs one command line to its end and returns the exit code. Never throws; errors are written to stderr. */
export async function runCli(argv: readonly string[], context: Context): Promise<number> {
  let form = errorFormOf(argv);
  try {
    const parsed = await parseCommandLine(await withEnvironment(argv, context), COMMANDS);
    if ('text' in parsed) {
      context.stdout.write(parsed.text);
      return 0;
    }
    const { command, args, rest } = parsed.invocation;
    const output = args['output'] as OutputFormat | undefined;
    const mode: ProgressMode = args['quiet'] === true ? 'none' : (args['progress'] as ProgressMode);
    form = { json: output === 'json' || mode === 'json', verbose: args['verbose'] === true };
    const progress = await makeProgress(mode, context.stderr, form.verbose);
    const kinds = await context.loadKinds();
    const session: Session = {
      ...context,
      kinds,
      output,
      emit: progress.sink,
      run: randomBytes(4).toString('hex'),
    };
    try {
      return await command.run(args, session, rest);
    } finally {
      progress.close();
    }
  } catch (error) {
    return report(error, context, form);
  }
}

/** The wrappers of cluster-up also hand on the words of KUBEVIRT_PROVIDER_EXTRA_ARGS; what comes later counts. */
async function withEnvironment(argv: readonly string[], { env }: Context): Promise<readonly string[]> {
  if (!argv.includes('--from-environment')) return argv;
  const { readEnvironment } = await import('./environment.ts');
  return [...argv, ...readEnvironment(env).extraArguments];
}

interface ErrorForm {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** How an error is written while the command line is not parsed yet. */
function errorFormOf(argv: readonly string[]): ErrorForm {
  const json = /(^| )(-o|--output|--progress)[ =]json( |$)/.test(argv.join(' '));
  return { json, verbose: argv.includes('-v') || argv.includes('--verbose') };
}

/** After a signal the reason of the abort counts, whatever the interrupted work made of it. */
function report(error: unknown, context: Context, { json, verbose }: ErrorForm): number {
  const reason: unknown = context.signal.aborted ? context.signal.reason : error;
  const text = json
    ? `${JSON.stringify({ version: 1, error: errorData(reason) })}\n`
    : renderError(reason, verbose);
  context.stderr.write(text);
  return exitCodeOf(reason);
}
