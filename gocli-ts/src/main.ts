import { setMaxListeners } from 'node:events';
import { constants } from 'node:os';
import { renderError } from './cli/render/error-report.ts';
import { BROKEN_PIPE_EXIT, runCli } from './cli/run-cli.ts';
import { processContext } from './context.ts';
import { GocliError, messageOf } from './errors/error.ts';
import { childHasInterrupts } from './host/children.ts';

// Every wait for every machine listens to the one signal; Node would warn of a leak at the eleventh.
setMaxListeners(0);

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const stop = new AbortController();
/** Milliseconds within which a second signal is the first one's: timeout(1) signals its child, and then its group. */
const SAME_MS = 250;
let impatientSince = Number.POSITIVE_INFINITY;
let lostResult: GocliError | undefined;

/** A system call that never ends, as on a network file system, keeps a process from its end; a further signal kills it. */
function end(code: number): never {
  for (const name of SIGNALS) process.removeAllListeners(name);
  process.exit(code);
}

function endAtOnce(signal: string, code: number): never {
  process.stderr.write(
    `Ended at once by a second ${signal}; what was under way stays as it is. Look at it: gocli ls\n`,
  );
  end(code);
}

function interrupt(what: string, exitCode: number): void {
  stop.abort(new GocliError('INTERRUPTED', what, { exitCode }));
}

for (const name of SIGNALS) {
  const exitCode = 128 + constants.signals[name];
  process.on(name, () => {
    if (name === 'SIGINT' && childHasInterrupts()) return;
    // The first ends the work in order, the second the process. A terminal that is closed says so twice by itself.
    const sinceMs = performance.now() - impatientSince;
    if (sinceMs > SAME_MS && name !== 'SIGHUP') endAtOnce(name, exitCode);
    if (name !== 'SIGHUP') impatientSince = Math.min(impatientSince, performance.now());
    interrupt(`interrupted by ${name}`, exitCode);
  });
}

/** Nobody reads any more (`gocli ls | head -1`): no failure of what is done by then, the end of what is not. */
function onClosedPipe(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'EPIPE') interrupt('nobody reads the output any more', BROKEN_PIPE_EXIT);
  return error.code === 'EPIPE';
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (onClosedPipe(error) || stop.signal.aborted) return;
  lostResult = new GocliError('OUTPUT', 'the result could not be written', { observed: messageOf(error) });
  stop.abort(lostResult);
});
// Progress that cannot be written is lost to the reader alone.
process.stderr.on('error', onClosedPipe);

const exitCode = await runCli(process.argv.slice(2), processContext(stop.signal));
// What was written must be out first, or its failure known.
await new Promise<void>((resolve) => {
  process.stdout.write('', () => setImmediate(resolve));
});
if (lostResult !== undefined && exitCode === 0) process.stderr.write(renderError(lostResult, false));
// Idle connections to the daemon or a guest must not keep the process.
end(exitCode === 0 ? (lostResult?.exitCode ?? 0) : exitCode);
