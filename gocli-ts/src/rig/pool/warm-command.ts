import { quote } from '../../shared/quote.ts';

/** Seconds for a command that warms a rig up: a first pod takes ten under emulation. */
const SECONDS = 240;

/**
 * A command in a shell of its own that is ended, with all that it started, when its time is over: nothing of it may be under
 * way when what it did is undone. Its code is 124 or 137 then (timeout(1)).
 */
export function bounded(command: string): string {
  return `timeout -k 5 ${SECONDS} sh -c ${quote(command)}`;
}
