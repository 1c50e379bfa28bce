import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Far more than a process takes that nothing keeps alive, and far less than any limit of the code under test. */
const MS = 8000;

const run = promisify(execFile);

/**
 * Runs a program (an ES module) to its end, which must come by itself: nothing in it may be left that keeps a process
 * alive. `load('place/x.ts')` gives a module of the code under test, `input` what is handed in.
 * @returns what it printed
 */
export async function endsByItself(input: unknown, program: string): Promise<string> {
  const root = new URL('../../gocli-ts/src/', import.meta.url).href;
  const whole = `
    const input = ${JSON.stringify(input)};
    const load = (path) => import(${JSON.stringify(root)} + path.replace(/ts$/, 'js'));
    /** A signal that is aborted in so many milliseconds. */
    const soon = (ms) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('enough')), ms);
      return stop.signal;
    };
    ${program}`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', whole], { timeout: MS });
  return stdout.trim();
}
