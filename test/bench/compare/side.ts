import { access, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { GocliError, messageOf } from '../../../gocli-ts/src/errors/error.ts';
import { userPaths } from '../../../gocli-ts/src/host/paths.ts';
import { lastLines } from '../../../gocli-ts/src/shared/text.ts';
import type { SideName } from './plan.ts';

/** More than any disk has: on its way the comparison must not evict templates, neither of a side nor of the user. */
const BUDGET = '1024T';
/** A gocli that was told to end removes what it made; that takes seconds. */
const PATIENCE_MS = 120_000;

/** One checkout's gocli, with clusters and state of its own. */
export interface Side {
  readonly name: SideName;
  readonly checkout: string;
  /** `gocli/k8s-1.36:latest`. */
  readonly image: string;
  readonly imageTag: string;
  /** The one cluster that it has at a time. */
  readonly cluster: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Finished {
  /** Wall clock, from the start of the process to its end. */
  readonly seconds: number;
  readonly stdout: string;
}

/** @throws GocliError BAD_VALUE when a folder is no checkout */
export async function checkCheckout(checkout: string): Promise<void> {
  const script = entry({ checkout });
  await access(script).catch((error: unknown) => {
    throw new GocliError('BAD_VALUE', `${checkout} is no checkout of gocli: there is no ${script}`, {
      cause: error,
    });
  });
}

/**
 * Lays out the folder of a side. Its state is its own, so that neither side sees the other's clusters, probe results and
 * locks; when the user last used which template is copied, since a template that seems unused for a month is removed.
 */
export async function layOutSide(side: Side): Promise<void> {
  const uses = join(userPaths(process.env).state, 'templates');
  await mkdir(join(stateOf(side), 'gocli'), { recursive: true });
  await cp(uses, join(stateOf(side), 'gocli', 'templates'), {
    recursive: true,
    preserveTimestamps: true,
    filter: (name) => name === uses || name.endsWith('.used'),
  }).catch((error: unknown) => {
    // A user who never thawed anything has no such folder.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

/** Environment of a side; its kubeconfig too, from which `rm` takes contexts. */
export function sideEnvironment(folder: string): Readonly<Record<string, string>> {
  return {
    XDG_STATE_HOME: folder,
    KUBECONFIG: join(folder, 'kubeconfig'),
    GOCLI_TEMPLATE_BUDGET: BUDGET,
    // What stands ready is the user's, and a start beside it goes the longer way.
    GOCLI_POOL: 'off',
  };
}

/** The built command line of the checkout, brought up to date first. @throws GocliError COMMAND */
export async function build({ checkout }: Side, signal: AbortSignal): Promise<void> {
  const argv = ['cli'];
  const { exitCode, stderr } = await start(join(checkout, 'cluster-up/bootstrap.sh'), argv, {}, signal);
  signal.throwIfAborted();
  if (exitCode === 0) return;
  throw new GocliError('COMMAND', `the command line of ${checkout} cannot be built`, {
    observed: lastLines(stderr, 10),
  });
}

/**
 * Runs gocli of a side to its end.
 * @param signal absent while cleaning up
 * @throws GocliError COMMAND with the last lines of its standard error
 */
export async function runGocli(side: Side, argv: readonly string[], signal?: AbortSignal): Promise<Finished> {
  signal?.throwIfAborted();
  const begin = performance.now();
  const words = [entry(side), ...argv];
  const { exitCode, stdout, stderr } = await start(process.execPath, words, side.env, signal);
  const seconds = (performance.now() - begin) / 1000;
  signal?.throwIfAborted();
  if (exitCode === 0) return { seconds, stdout };
  throw new GocliError('COMMAND', `gocli ${argv.join(' ')} (${side.name}) ended with code ${exitCode}`, {
    observed: lastLines(stderr, 10),
  });
}

/** Id of the side's image. @throws GocliError IMAGE_MISSING */
export async function imageIdOf({ name, image }: Side): Promise<string> {
  const argv = ['image', 'inspect', '--format', '{{.Id}}', image];
  try {
    return (await execa('docker', argv)).stdout.trim();
  } catch (error) {
    throw new GocliError('IMAGE_MISSING', `image ${image} of the side "${name}" is not there`, {
      observed: lastLines(messageOf(error), 1),
      hint: 'Name a tag that is there with --image-tag or --against-image-tag (docker images), or provision it.',
    });
  }
}

/** What git calls the state of a checkout. */
export async function commitOf({ checkout }: Side): Promise<string | null> {
  const argv = ['-C', checkout, 'describe', '--always', '--dirty', '--abbrev=12'];
  const { exitCode, stdout } = await execa('git', argv, { reject: false });
  return exitCode === 0 ? stdout.trim() : null;
}

function entry({ checkout }: Pick<Side, 'checkout'>): string {
  return join(checkout, 'gocli-ts/bin/gocli.js');
}

function stateOf({ env }: Side): string {
  return env['XDG_STATE_HOME'] ?? '';
}

/**
 * A process group of its own, so that a Ctrl-C reaches gocli once, through us: its second signal ends it where it is.
 */
async function start(
  file: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(file, argv, {
    env,
    reject: false,
    stdin: 'ignore',
    detached: true,
    forceKillAfterDelay: PATIENCE_MS,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  return { exitCode: exitCode ?? -1, stdout, stderr };
}
