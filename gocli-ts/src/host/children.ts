import { readFileSync } from 'node:fs';

/** Programs that this process has started and that have not ended, as kill(2) takes them: groups are negative. */
const live = new Set<number>();
let watching = false;
let attached = 0;

/**
 * Ties a program to this process: however this one ends (a second Ctrl-C, a defect), the program is killed. Only SIGKILL
 * leaves nobody to do that.
 * @param target its process id, or that of the leader of its group, negative, for the whole group
 * @returns what unties it, once it has ended
 */
export function own(target: number): () => void {
  live.add(target);
  if (!watching) {
    watching = true;
    process.on('exit', () => {
      for (const each of live) sendSignal(each, 'SIGKILL');
    });
  }
  return () => {
    live.delete(target);
  };
}

/** Sends a signal to a process, or to a group by its negative leader; one that has ended is fine. */
export function sendSignal(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended already.
  }
}

/** Ties a program to this process that shares its terminal. @returns what unties it */
export function ownAttached(pid: number): () => void {
  const disown = own(pid);
  attached += 1;
  return () => {
    disown();
    attached -= 1;
  };
}

/**
 * Whether Ctrl-C is a matter of a child. The terminal sends it to all of its foreground group, so the child has got it
 * already, and may well go on: a shell, an editor. As in system(3) the parent then waits.
 */
export function childHasInterrupts(): boolean {
  return attached > 0 && isForeground(readFileSync('/proc/self/stat', 'utf8'));
}

/** Whether a process is in the foreground group of its terminal, by its `/proc/<pid>/stat` (proc_pid_stat(5)). */
export function isForeground(stat: string): boolean {
  // The second field, the name in parentheses, may hold anything.
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return terminal !== '0' && group !== undefined && group === foreground;
}
