import { GocliError } from './error.ts';

/** An error of node:fs: what the system answered, to which call, and mostly about which path. */
type SystemError = Error & {
  readonly code: string;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly dest?: unknown;
};

/** What was to be done with which path, where that is known better than from the system call. */
export interface FileWork {
  readonly path: string;
  readonly done: 'read' | 'written' | 'created' | 'removed';
}

/** What is said, and what to do, by name of the error (errno(3)). */
const REASONS: Readonly<Record<string, readonly [words: string, hint: string]>> = {
  EACCES: ['permission denied', 'Look whose it is (ls -ld), and give this user the permission.'],
  EPERM: ['operation not permitted', 'Look whose it is (ls -ld), and what lsattr says of it.'],
  EROFS: ['the file system is read-only', 'Name a path on another file system.'],
  ENOENT: ['there is no such file or folder', 'Look whether each folder of the path is there.'],
  ENOTDIR: ['a part of the path is no folder', 'Look which part is a file, and move that away.'],
  EISDIR: ['it is a folder, not a file', 'Move it away, or name a file.'],
  EEXIST: ['something else is there', 'Move it away, or choose another name.'],
  ENOTEMPTY: ['the folder is not empty', 'Look who else writes into it, and try again.'],
  ELOOP: ['its symbolic links lead in a circle', 'Look where they lead: ls -l'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  ENXIO: ['nobody is at the other end of the pipe, socket or device', 'Name a file.'],
  EFBIG: ['the file would be too big', 'Look at the limits of this user (ulimit -f) and of its file system.'],
  EPIPE: ['nobody reads it any more', 'Look why its reader ended.'],
  EBUSY: ['it is in use', 'Look what uses it (a mount, a program), and try again.'],
  EMFILE: ['too many files are open', 'Raise the limit: ulimit -n'],
  ENFILE: ['too many files are open on this host', 'Raise fs.file-max, or end programs.'],
  EIO: ['the disk answers with an error', 'Look what the kernel says: dmesg'],
};

/** A full disk, or the user's share of one. */
const FULL = ['ENOSPC', 'EDQUOT'];

/** The last part of a sentence about a path, by the system call that failed. */
const DONE: Readonly<Record<string, string>> = {
  open: 'opened',
  scandir: 'read',
  readlink: 'read',
  read: 'read',
  mkdir: 'created',
  mkdtemp: 'created',
  link: 'created',
  symlink: 'created',
  unlink: 'removed',
  rmdir: 'removed',
  rm: 'removed',
  lstat: 'looked at',
  stat: 'looked at',
  statfs: 'looked at',
  access: 'used',
  realpath: 'followed',
};

/** Whether the system answered with one of these, such as `ENOENT`. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * What the system says against a file, as a user reads it: FILE or DISK_FULL with path, reason and what to do. This is
 * the one place that knows the errors of node:fs.
 * @param work needed where the system does not say the path (write(2)) or says one that means nothing to the user
 * @returns anything else as it is
 */
export function explainFileError(error: unknown, work?: FileWork): unknown {
  if (!isSystemError(error)) return error;
  const { code } = error;
  const syscall = firstText(error.syscall) ?? '';
  const path = work?.path ?? firstText(error.dest, error.path);
  // What did not start is no matter of files.
  if (path === undefined || syscall.startsWith('spawn')) return error;
  const what = `${path} cannot be ${work?.done ?? DONE[syscall] ?? 'written'}`;
  if (FULL.includes(code)) {
    const hint = 'Free space there, or name a path on another disk, and try again.';
    return new GocliError('DISK_FULL', `${what}: no space left on its disk (${code})`, {
      cause: error,
      hint,
    });
  }
  const [words, hint] = REASONS[code] ?? [error.message, 'Look what is there: ls -ld'];
  return new GocliError('FILE', `${what}: ${words} (${code})`, { cause: error, hint });
}

/** Does something with a file; see {@link explainFileError} for what is thrown. */
export async function onFile<T>(work: FileWork, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw explainFileError(error, work);
  }
}

function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return 'syscall' in error || error.code in REASONS || FULL.includes(error.code);
}

function firstText(...candidates: readonly unknown[]): string | undefined {
  return candidates.find((one) => typeof one === 'string');
}
