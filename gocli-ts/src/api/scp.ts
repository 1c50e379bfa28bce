import type { Writable } from 'node:stream';
import { GocliError } from '../errors/error.ts';
import { pathFrom } from '../host/paths.ts';
import { download, upload, type CopyEnds } from '../rig/copy/copy.ts';
import { expand } from '../rig/copy/remote.ts';
import { copiesAs } from '../rig/ssh-users.ts';
import type { SshConnection } from '../ssh/interface.ts';
import { chooseStarted, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';
import { connectAs } from './ssh.ts';

/** One file or folder to a node. */
export interface Upload {
  readonly direction: 'upload';
  /** `node01` */
  readonly node: string;
  /** Path on this machine, not empty; `dir/.` is what is in a folder. */
  readonly local: string;
  /** Path on the node; `dir/.` has to be a folder, and nothing is the home folder. */
  readonly remote: string;
  /** As in {@link SshRequest}: whose home folder paths begin in, whose rights count, and whom belongs what arrives. */
  readonly user?: string | undefined;
}

/** One file or folder from a node. */
export interface Download {
  readonly direction: 'download';
  readonly node: string;
  /** A pattern may name several, which go into a folder. */
  readonly remote: string;
  /** A path, or where the bytes of one file go; a stream is not ended. */
  readonly local: string | Writable;
  readonly user?: string | undefined;
}

export interface ScpRequest extends RigChoice {
  readonly copies: readonly (Upload | Download)[];
  /** Whom kubevirtci's scripts name, where a copy names nobody: on nodes of Kubernetes root copies all the same. */
  readonly sshUser?: string | undefined;
}

/**
 * Copies files and folders between nodes and this machine, with modes, as scp does: what can be copied is.
 * @throws GocliError BAD_VALUE, NOT_FOUND (rig, node or path), NOT_READY, COMMAND, REMOTE_COMMAND, FILE, DISK_FULL,
 * GUEST_UNREACHABLE
 */
export async function scp({ name, copies, sshUser }: ScpRequest, context: Context): Promise<void> {
  for (const { local } of copies) {
    if (local === '')
      throw new GocliError('BAD_VALUE', 'a path on this machine is empty; this folder is "."');
  }
  const { state } = await chooseStarted({ name }, context);
  const outcomes: Outcome[] = [];
  for (const { user, node, copies: own } of byLogin(copies, (asked) =>
    copiesAs(asked, sshUser, state, context.kinds),
  )) {
    await using connection = await connectAs(user, node, state, context);
    outcomes.push(...(await copyAll(connection, own, context)));
  }
  throwFailures(outcomes);
}

/** What kept one source from being copied, or all of it. */
type Outcome = GocliError | undefined;

/** @throws GocliError */
function throwFailures(outcomes: readonly Outcome[]): void {
  const failures = outcomes.filter((one) => one !== undefined);
  const [first] = failures;
  if (first === undefined) return;
  // Of several that one is not there is told like that one cannot be read: the others were copied.
  if (failures.length === 1 && (outcomes.length === 1 || first.code !== 'NOT_FOUND')) throw first;
  const seen = failures.map(({ message, observed = '' }) => `${message}\n${observed}`.trim());
  throw new GocliError(
    'REMOTE_COMMAND',
    `${failures.length} of ${outcomes.length} sources were not copied, or not all of them`,
    { observed: [...new Set(seen)].join('\n') },
  );
}

interface Login {
  readonly user: string;
  readonly node: string;
  readonly copies: ScpRequest['copies'][number][];
}

/** One connection serves all copies of a user at a node. */
function byLogin(copies: ScpRequest['copies'], userOf: (asked: string | undefined) => string): Login[] {
  const logins = new Map<string, Login>();
  for (const copy of copies) {
    const user = userOf(copy.user);
    const key = `${user}@${copy.node}`;
    const login = logins.get(key) ?? { user, node: copy.node, copies: [] };
    login.copies.push(copy);
    logins.set(key, login);
  }
  return [...logins.values()];
}

/** Over one connection. */
async function copyAll(
  connection: SshConnection,
  copies: ScpRequest['copies'],
  context: Context,
): Promise<Outcome[]> {
  const { host, cwd, signal } = context;
  const outcomes: Outcome[] = [];
  const ends = { connection, host };
  for (const one of await withoutPatterns(copies, ends, signal)) {
    try {
      if (one.direction === 'upload') await upload(ends, pathFrom(cwd, one.local), one.remote, signal);
      else {
        const to = typeof one.local === 'string' ? pathFrom(cwd, one.local) : one.local;
        await download(ends, one.remote, to, signal);
      }
      outcomes.push(undefined);
    } catch (error) {
      if (!(error instanceof GocliError) || error.code === 'GUEST_UNREACHABLE') throw error;
      signal.throwIfAborted();
      outcomes.push(error);
    }
  }
  return outcomes;
}

/** @throws GocliError BAD_VALUE for a pattern that fits several, which one stream cannot take */
async function withoutPatterns(
  copies: ScpRequest['copies'],
  ends: CopyEnds,
  signal: AbortSignal,
): Promise<ScpRequest['copies']> {
  const all = copies.map(async (one) => {
    if (one.direction === 'upload') return [one];
    const paths = await expand(ends, one.remote, signal);
    if (paths.length < 2) return paths.map((remote) => ({ ...one, remote }));
    const { local } = one;
    if (typeof local !== 'string') {
      throw new GocliError(
        'BAD_VALUE',
        `${one.remote} is ${paths.length} files on ${one.node}, and one is printed`,
        {
          hint: 'Name one of them, or a folder that takes them all.',
        },
      );
    }
    return paths.map((remote) => ({ ...one, remote, local: `${local}/.` }));
  });
  return (await Promise.all(all)).flat();
}
