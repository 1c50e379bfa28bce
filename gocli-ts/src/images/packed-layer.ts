import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { spool } from '../host/spool.ts';
import type { Upload } from './remote/upload.ts';

/** A layer in the form in which it is sent, in a file without a name. */
interface Packed extends AsyncDisposable {
  /** Of the content that went in. */
  readonly diffId: string;
  readonly digest: string;
  readonly size: number;
  readonly read: Upload['read'];
}

/**
 * Keeps a layer compressed: its digest has to be known before it is sent. Equal layers become equal files, since the
 * header has neither name nor time, so that a publication that was broken off finds what it had sent.
 * @param zip whether it is not compressed yet
 */
export async function pack(
  content: Readable,
  zip: boolean,
  folder: string,
  signal: AbortSignal,
): Promise<Packed> {
  const before = createHash('sha256');
  const after = createHash('sha256');
  const out = hashing(after);
  const stages = zip ? [hashing(before), createGzip(), out] : [out];
  const fed = pipeline([content, ...stages], { signal });
  fed.catch(() => undefined);
  const file = await spool(folder, out, signal);
  try {
    await fed;
    const { size } = await file.stat();
    return {
      diffId: `sha256:${before.digest('hex')}`,
      digest: `sha256:${after.digest('hex')}`,
      size,
      read: (position, bytes) => readExactly(file, position, bytes),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function hashing(hash: Hash): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

async function readExactly(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  for (let have = 0; have < bytes;) {
    const { bytesRead } = await file.read(buffer, have, bytes - have, position + have);
    if (bytesRead === 0) throw new Error(`a spooled layer ended at ${position + have} bytes`);
    have += bytesRead;
  }
  return buffer;
}
