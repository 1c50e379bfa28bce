import { constants } from 'node:os';
import type { Runtime } from '../api/context.ts';
import { operate } from '../api/operation.ts';
import { explainFileError } from '../errors/file-error.ts';
import type { OperationSink } from '../events/events.ts';
import { COMMANDS } from './commands.ts';
import { commandOf, verbIndex, verbOf } from './flags.ts';
import { withLateOptions } from './late-options.ts';
import { parseCommandLine, type Invocation } from './parser.ts';
import { errorData, exitCodeOf, renderError } from './render/error-report.ts';
import { makeProgress, PROGRESS_MODES, type ProgressMode } from './render/progress.ts';
import type { OutputFormat, Session, Streams } from './session.ts';

/** The process: everything a run of the command line needs from outside. */
export interface CliContext extends Runtime, Streams {
  readonly signal: AbortSignal;
}

/** Runs one command line to its end and returns the exit code. Never throws; errors are written to stderr. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let form = errorFormOf(argv);
  try {
    const parsed = await parseCommandLine(await withEnvironment(argv, context), COMMANDS);
    if ('text' in parsed) {
      context.stdout.write(parsed.text);
      return 0;
    }
    const { command, args, rest, faults } = parsed.invocation;
    const output = args['output'] as OutputFormat | undefined;
    const mode = modeOf(args, context.env);
    const foreign = command.passThroughAfter !== undefined;
    form = { json: output === 'json' || mode === 'json', verbose: args['verbose'] === true, foreign };
    const progress = await makeProgress(mode, context.stderr, form.verbose);
    try {
      const { stdin, stdout, stderr, signal } = context;
      const typed = (text: string): string => asCalled(text, context.env['GOCLI_COMMAND']);
      const onEvent: OperationSink = (event) => {
        progress.sink(event.type === 'notice' ? { ...event, text: typed(event.text) } : event);
      };
      const execution = {
        operation: operationOf(parsed.invocation),
        onEvent,
        signal,
        withoutKinds: command.withoutKinds === true,
      };
      const naming = { ...context.naming, all: `All flags: gocli ${verbOf(command)} --help` };
      return await operate(execution, { ...context, naming }, (operation) => {
        const session: Session = { ...operation, stdin, stdout, stderr, output, typed };
        return command.run(args, session, rest, faults);
      });
    } finally {
      progress.close();
    }
  } catch (error) {
    return report(error, context, form);
  }
}

/** Without TERM, or with `dumb` (Emacs, some CI systems), nobody can say how a line is drawn anew: terminfo(5). */
function modeOf(args: Invocation['args'], env: CliContext['env']): ProgressMode {
  if (args['quiet'] === true) return 'none';
  // A command that tells of the faults of its line is run though it was given a mode that there is not.
  const asked = PROGRESS_MODES.find((mode) => mode === args['progress']) ?? 'auto';
  const isPlain = asked === 'auto' && ['', 'dumb'].includes(env['TERM'] ?? '');
  return isPlain ? 'plain' : asked;
}

/** `run`, `snapshot create`. */
function operationOf({ command, args: { action } }: Invocation): string {
  return typeof action === 'string' ? `${verbOf(command)} ${action}` : verbOf(command);
}

/** The wrappers of cluster-up also hand on the words of KUBEVIRT_PROVIDER_EXTRA_ARGS; what is typed counts more. */
async function withEnvironment(argv: readonly string[], { env }: CliContext): Promise<readonly string[]> {
  if (!argv.includes('--from-environment')) return argv;
  const commands = await withLateOptions(argv, COMMANDS);
  const at = verbIndex(argv, commands);
  const verb = argv[at];
  // To other verbs the flag is a word of somebody else's command line.
  if (verb === undefined || commandOf(argv, commands)?.options['from-environment'] === undefined) return argv;
  const { readEnvironment } = await import('./environment.ts');
  // Behind the provider, so that a word too many is blamed where it stands.
  const words = argv.slice(at + 1);
  const operands = words[0]?.startsWith('-') === false ? 1 : 0;
  const { extraArguments } = readEnvironment(env);
  return [
    verb,
    ...words.slice(0, operands),
    ...extraArguments,
    ...argv.slice(0, at),
    ...words.slice(operands),
  ];
}

/** As of a program that SIGPIPE ended. */
export const BROKEN_PIPE_EXIT = 128 + constants.signals.SIGPIPE;

interface ErrorForm {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Whether the output is that of another program, which a closed pipe ends without a word. */
  readonly foreign?: boolean;
}

/** How an error is written while the command line is not parsed yet. */
function errorFormOf(argv: readonly string[]): ErrorForm {
  const json = /(^| )(-o|--output|--progress)[ =]json( |$)/.test(argv.join(' '));
  return { json, verbose: argv.includes('-v') || argv.includes('--verbose') };
}

/**
 * A text whose commands are called as the scripts of cluster-up say they call gocli, where it is not on PATH.
 * @param command as a shell reads it
 */
function asCalled(text: string, command: string | undefined): string {
  if (command === undefined) return text;
  const verbs = COMMANDS.map(verbOf).join('|');
  return text.replaceAll(new RegExp(`\\bgocli (?=(?:${verbs})\\b)`, 'g'), () => `${command} `);
}

/** After a signal the reason of the abort counts, whatever the interrupted work made of it. */
function report(error: unknown, context: CliContext, { json, verbose, foreign }: ErrorForm): number {
  const reason = explainFileError(context.signal.aborted ? context.signal.reason : error);
  const exitCode = exitCodeOf(reason);
  if (foreign === true && exitCode === BROKEN_PIPE_EXIT) return exitCode;
  const text = json
    ? `${JSON.stringify({ version: 1, error: errorData(reason) })}\n`
    : renderError(reason, verbose, (hint) => asCalled(hint, context.env['GOCLI_COMMAND']));
  context.stderr.write(text);
  return exitCode;
}
