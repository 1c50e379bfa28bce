import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment, Runtime } from './api/context.ts';
import type { CliContext } from './cli/run-cli.ts';
import { dockerodeEngine } from './place/docker/dockerode.ts';
import { localHost } from './host/exec.ts';
import { userPaths, workingFolder } from './host/paths.ts';
import { AS_FLAGS, type Naming } from './rig/options/option.ts';
import { systemClock } from './shared/clock.ts';
import { ssh2Client } from './ssh/client.ts';

/** Builds the context of a command line in this process. */
export function processContext(signal: AbortSignal): CliContext {
  const { stdin, stdout, stderr } = process;
  const runtime = processRuntime(signal, AS_FLAGS);
  // yargs and execa ask for the folder of the process and fail without one; for all else there is `pathFrom`.
  if (runtime.cwd === '') process.chdir('/');
  return { ...runtime, stdin, stdout, stderr, signal };
}

/**
 * What an operation works with: the only place that knows the adapters.
 * @param signal of the operation
 * @param naming what values of a request are called
 */
export function processRuntime(signal: AbortSignal, naming: Naming, env: Environment = process.env): Runtime {
  const checkout = findCheckout(dirname(fileURLToPath(import.meta.url)));
  const host = localHost(env);
  return {
    env,
    cwd: workingFolder(),
    checkout,
    naming,
    docker: dockerodeEngine(env, {
      interrupt: signal,
      runHelper: (argv, stdin, bounded) => host.run(argv, { stdin, signal: bounded, allowFailure: true }),
    }),
    host,
    ssh: ssh2Client(),
    clock: systemClock,
    paths: userPaths(env),
    version: versionOf(checkout),
    // Options of kinds are two dozen files, which `--help` should not pay for.
    loadKinds: async () => (await import('./api/kinds.ts')).loadKinds(),
  };
}

/** The folder above the compiled sources that has the package's own package.json. */
function findCheckout(from: string): string {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    if (nameAndVersion(folder)?.name === 'gocli') return folder;
  }
  return from;
}

function versionOf(checkout: string): string {
  return nameAndVersion(checkout)?.version ?? '0.0.0';
}

function nameAndVersion(folder: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name?: string;
      version?: string;
    };
  } catch {
    return undefined;
  }
}
