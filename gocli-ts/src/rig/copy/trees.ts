import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { GocliError } from '../../errors/error.ts';
import { bytesOf, textOf, visible } from '../../shared/raw-names.ts';
import { bytesFrom } from './end.ts';
import { LIST, OBSTACLES } from './obstacle-scripts.ts';
import { PACK_FILE, PACK_FOLDER, UNPACK_FILE, UNPACK_FOLDER } from './scripts.ts';
import { transfer, type Place } from './transfer.ts';

/**
 * Copies one file under the name that it is to have.
 * @throws GocliError COMMAND, REMOTE_COMMAND, DISK_FULL, GUEST_UNREACHABLE, TOOL_MISSING
 */
export async function copyFile(from: Place, to: Place, signal: AbortSignal): Promise<void> {
  const name = posix.basename(from.path);
  const packing = [posix.dirname(from.path), name, scratch()];
  await transfer(
    { ...from, script: PACK_FILE, args: packing, whole: true },
    { ...to, script: UNPACK_FILE, args: [to.path, name, scratch()] },
    signal,
  );
}

/** Of so many files it is said what is wrong with them. */
const MOST_TOLD = 20;

/**
 * Copies all that is in a folder into another one. Into one that is there go first, each alone, the files that must be
 * written instead of being replaced, since the one tar that unpacks all the others can only replace. Folders that are
 * there stay out of its archive, so that a link to one, which is the user's, stays and is written through.
 * A link that an earlier copy brought is there as well, as with rsync -K: what is not trusted goes into a new folder.
 * @param there whether the target, or the folder that it is to be in, is there
 * @throws GocliError BAD_VALUE (what is no folder where one has to be), and what {@link copyFile} throws
 */
export async function copyFolder(from: Place, to: Place, there: boolean, signal: AbortSignal): Promise<void> {
  const taken = there ? await obstacles(from, to, signal) : [];
  const failures: GocliError[] = [];
  const trying = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof GocliError) || error.code === 'GUEST_UNREACHABLE') throw error;
      signal.throwIfAborted();
      failures.push(error);
    }
  };
  for (const { path, isFile } of taken)
    if (isFile)
      await trying(
        copyFile({ ...from, path: `${from.path}/${path}` }, { ...to, path: `${to.path}/${path}` }, signal),
      );
  const without = Readable.from([bytesOf(taken.map(({ path }) => `${path}\0`).join(''))]);
  const packing = { ...from, script: PACK_FOLDER, args: [from.path, taken.length === 0 ? '' : 'without'] };
  await trying(
    transfer(
      taken.length === 0 ? packing : { ...packing, stdin: without },
      { ...to, script: UNPACK_FOLDER, args: [to.path] },
      signal,
    ),
  );
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  const observed = failures
    .slice(0, MOST_TOLD)
    .map(({ message, observed: seen = '' }) => `${message}\n${seen}`.trim())
    .join('\n');
  throw new GocliError(first.code, `not all of ${from.path} was copied`, { observed });
}

interface Obstacle {
  /** As find has it: `./sub/file`. */
  readonly path: string;
  readonly isFile: boolean;
}

/** What is taken in the target by what must not be replaced. */
async function obstacles(from: Place, to: Place, signal: AbortSignal): Promise<Obstacle[]> {
  const listed = await bytesFrom(from.end, LIST, [from.path], { signal });
  const stdin = Readable.from([listed]);
  const found = await bytesFrom(to.end, OBSTACLES, [to.path], { stdin, signal });
  // Neither end has a say in what is read or written at the other one, but for what lies in the folder.
  const known = new Set(textOf(listed).split('\0'));
  const names = textOf(found)
    .split('\0')
    .slice(0, -1)
    .filter((one) => known.has(one.replace(/^n/, 'd')));
  const none = names.find((one) => one.startsWith('n'));
  if (none === undefined) return names.map((one) => ({ path: one.slice(1), isFile: one.startsWith('f') }));
  const path = visible(posix.join(to.path, none.slice(1)));
  throw new GocliError('BAD_VALUE', `cannot copy a folder over ${path} ${to.end.where}, which is none`, {
    hint: 'Remove it, or copy to another folder. A link that leads nowhere may wait for a disk to be mounted.',
  });
}

/** Name for a folder that a script makes for itself. */
function scratch(): string {
  return `.gocli-${randomUUID()}`;
}
