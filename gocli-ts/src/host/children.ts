import { readFileSync } from 'node:fs';

/** Leaders of the process groups that this process has started and that have not ended. */
const groups = new Set<number>();
let watching = false;
let attached = 0;

/**
 * Ties a process group to this process: however this one ends (a second Ctrl-C, a defect), the group is killed. Only
 * SIGKILL leaves nobody to do that.
 * @returns what unties it, once its leader has ended
 */
export function ownGroup(leader: number): () => void {
  groups.add(leader);
  if (!watching) {
    watching = true;
    process.on('exit', () => {
      for (const group of groups) signalGroup(group, 'SIGKILL');
    });
  }
  return () => {
    groups.delete(leader);
  };
}

/** Sends a signal to a whole process group; one that has ended is fine. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // The group has ended already.
  }
}

/** Remembers that a child has the terminal of this process for as long as the work takes. */
export async function withTerminalChild<T>(work: () => Promise<T>): Promise<T> {
  attached += 1;
  try {
    return await work();
  } finally {
    attached -= 1;
  }
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
