import { PassThrough } from 'node:stream';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runCli, type CliContext } from '../../gocli-ts/src/cli/run-cli.ts';
import { FakeHost } from '../fakes/host.ts';
import { Captured } from './captured.ts';
import { makeEngine, type Engine } from './engine.ts';

export interface Console {
  readonly engine: Engine;
  readonly host: FakeHost;
  readonly context: CliContext;
  /** Runs a command line in this process. Output is that of this run alone. */
  run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
}

/** The command line over an engine of fakes; its checkout is a folder of its own with no provider in it. */
export async function makeConsole(t: ExecutionContext, env: Record<string, string> = {}): Promise<Console> {
  const engine = await makeEngine(t);
  const host = new FakeHost();
  const checkout = join(engine.paths.state, '..', 'checkout');
  // Not the file of whoever runs the tests.
  const ownEnv = { GOCLI_SITE: '', ...env };
  const surroundings = { env: ownEnv, cwd: checkout, checkout, stdin: new PassThrough() };
  const loadKinds = () => Promise.resolve(engine.kinds);
  const stdout = new Captured();
  const stderr = new Captured();
  const { docker, ssh, clock, paths, version, naming, signal } = engine;
  const context = {
    docker,
    ssh,
    clock,
    paths,
    version,
    naming,
    signal,
    host,
    ...surroundings,
    stdout,
    stderr,
    loadKinds,
  };
  return {
    engine,
    host,
    context,
    run: async (...argv) => {
      stdout.text = '';
      stderr.text = '';
      const code = await runCli(argv, context);
      return { code, stdout: stdout.text, stderr: stderr.text };
    },
  };
}
