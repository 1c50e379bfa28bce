import { userInfo } from 'node:os';

/** The user of this process as people read it: `alice (uid 1000)`; one that has no name, as in a container, `uid 1000`. */
export function userWords(): string {
  try {
    const { username, uid } = userInfo();
    return `${username} (uid ${uid.toFixed(0)})`;
  } catch {
    return `uid ${process.getuid?.().toFixed(0) ?? '?'}`;
  }
}
