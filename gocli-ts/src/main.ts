import { setMaxListeners } from 'node:events';
import { runCli } from './cli/run.ts';
import { processContext } from './context.ts';
import { GocliError } from './errors/error.ts';

// Every wait for every machine listens to the one signal; Node would warn of a leak at the eleventh.
setMaxListeners(0);

const stop = new AbortController();

/** The first signal ends the work in order, the second ends the process. */
function onSignal(name: 'SIGINT' | 'SIGTERM', exitCode: number): void {
  if (stop.signal.aborted) process.exit(exitCode);
  stop.abort(new GocliError('INTERRUPTED', `interrupted by ${name}`, { exitCode }));
}

process.on('SIGINT', () => {
  onSignal('SIGINT', 130);
});
process.on('SIGTERM', () => {
  onSignal('SIGTERM', 143);
});
// A reader that went away (`gocli ls | head -1`) is no failure.
process.stdout.on('error', () => {
  process.exit(0);
});

const exitCode = await runCli(process.argv.slice(2), processContext(stop.signal));
// Idle connections to the daemon or a guest must not keep the process; what was written must be out first.
process.stdout.write('', () => {
  process.exit(exitCode);
});
