import { GocliError } from '../errors/error.ts';

/** One copy between a node and this machine. */
export interface CopyRequest {
  readonly direction: 'download' | 'upload';
  readonly node: string;
  readonly remote: string;
  /** Path on this machine; `-` is stdout for a download. */
  readonly local: string;
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
      hint: `Copy through this machine: gocli scp ${source} FILE, then gocli scp FILE ${target}`,
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

function remoteEnd(text: string): { node: string; remote: string } | undefined {
  const match = /^(node\d{1,2}):(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [, node = '', remote = ''] = match;
  return { node, remote: remote === '' ? '.' : remote };
}
