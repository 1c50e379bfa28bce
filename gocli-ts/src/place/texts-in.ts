import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';

/** The regular files of a tar stream, as texts. @throws the stream's error when it breaks off */
export async function textsIn(tar: Readable): Promise<string[]> {
  const archive = extract();
  const fed = pipeline(tar, archive);
  fed.catch(() => undefined);
  const texts: string[] = [];
  for await (const entry of archive) {
    const content = await text(entry);
    if (entry.header.type === 'file') texts.push(content);
  }
  await fed;
  return texts;
}
