import { GocliError } from '../errors/error.ts';
import { quote } from '../shared/quote.ts';

/** One copy between a node and this machine. */
export interface CopyRequest {
  readonly direction: 'download' | 'upload';
  readonly node: string;
  readonly remote: string;
  /** Path on this machine; `-` is stdout for a download. */
  readonly local: string;
  /** Whom to be there, if it is said. */
  readonly user?: string;
}

/**
 * Reads the words of a copy: sources, and one target.
 * @throws GocliError USAGE
 */
export function parseCopies(paths: readonly string[]): CopyRequest[] {
  if (paths.includes('')) {
    throw new GocliError('USAGE', 'gocli scp: a source or target is empty', {
      hint: 'Look whether a variable is unset. The folder here is ".", the home folder on a node "node01:"',
    });
  }
  const sources = paths.slice(0, -1);
  const target = paths.at(-1) ?? '';
  if (sources.length === 0) {
    throw new GocliError('USAGE', 'gocli scp: source or target is missing', {
      hint: 'Type: gocli scp SOURCE TARGET, with NODE:PATH for what is on a node',
    });
  }
  const stray = paths.find((one) => remoteEnd(one) === undefined && /^[^/:]+:/.test(one));
  if (stray !== undefined) {
    // As scp reads it.
    throw new GocliError('USAGE', `"${stray}": "${stray.split(':')[0] ?? ''}" is no node`, {
      hint: `Nodes are node01, node02 …; a file here whose name has a colon is ${quote(`./${stray}`)}`,
    });
  }
  const onNode = sources.filter((one) => remoteEnd(one) !== undefined);
  const [first = ''] = sources.filter((one) => !onNode.includes(one));
  if (remoteEnd(target) === undefined && onNode.length > 0 && onNode.length < sources.length) {
    throw new GocliError('USAGE', `"${first}" is on no node, unlike other sources`, {
      hint: `Write the node to each: node01:${first}. (For files that are both here: cp)`,
    });
  }
  if (target === '-' && sources.length > 1) {
    throw new GocliError('USAGE', 'only one file can be printed', {
      hint: 'Type: gocli ssh NODE -- cat FILES',
    });
  }
  return sources.map((source) => parseCopy(source, target));
}

/**
 * Reads the two ends of a copy. `node01:/path` marks the end on a node; as in kubevirtci, a source without it is on
 * node01 when the target has none either.
 * @throws GocliError USAGE
 */
export function parseCopy(source: string, target: string): CopyRequest {
  const from = remoteEnd(source);
  const to = remoteEnd(target);
  if (from !== undefined && to !== undefined) {
    throw new GocliError('USAGE', 'both ends of the copy are on a node', {
      hint: `Copy through this machine: gocli scp ${quote(source)} FILE, then gocli scp FILE ${quote(target)}`,
    });
  }
  if (to !== undefined) {
    if (source === '-')
      throw new GocliError('USAGE', '"-" is only a target', {
        hint: 'Pipe into: gocli ssh NODE -- tee FILE',
      });
    return { direction: 'upload', ...to, local: source };
  }
  return { direction: 'download', ...(from ?? { node: 'node01', remote: source }), local: target };
}

function remoteEnd(text: string): Pick<CopyRequest, 'node' | 'remote' | 'user'> | undefined {
  const match = /^(?:([^@:/]*)@)?(node\d{1,2}):(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [, user, node = '', remote = ''] = match;
  return { node, remote: remote === '' ? '.' : remote, ...(user === undefined ? {} : { user }) };
}
