import { randomBytes } from 'node:crypto';
import { LABEL } from './labels.ts';
import type { Docker } from './interface.ts';

interface ReaderImage extends AsyncDisposable {
  readonly id: string;
  /** False for one that goes when it is disposed of. */
  readonly lasts: boolean;
}

/**
 * An image of which a container can be made that is never started, to look into volumes: any does. Where
 * `docker system prune -a` left none, it is an empty one, for as long as it is used.
 */
export async function readerImage(docker: Docker): Promise<ReaderImage> {
  const images = await docker.images.list({});
  // Somebody else's may be removed at any time.
  const any = images.find(({ tags }) => tags.some((tag) => tag.startsWith('gocli/'))) ?? images[0];
  if (any !== undefined) return { id: any.id, lasts: true, [Symbol.asyncDispose]: () => Promise.resolve() };
  const options = { changes: [`LABEL ${LABEL.role}=tool`], signal: new AbortController().signal };
  const { packTree } = await import('./tree.ts');
  const name = `gocli/empty:${randomBytes(6).toString('hex')}`;
  const id = await docker.images.importRootfs(packTree([]), name, options);
  return { id, lasts: false, [Symbol.asyncDispose]: () => docker.images.remove(name) };
}
