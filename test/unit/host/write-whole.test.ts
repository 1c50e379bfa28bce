import type { FileHandle } from 'node:fs/promises';
import test from 'ava';
import { writeWhole } from '../../../gocli-ts/src/host/user-file.ts';

/** A file that takes so many bytes at a time, and so many in all. */
function slowFile(most: number, room: number): { file: Pick<FileHandle, 'write'>; taken: Buffer } {
  const taken = Buffer.alloc(room);
  const write = (content: Buffer, offset: number, length: number, position: number): unknown => {
    const bytesWritten = Math.min(most, length, room - position);
    content.copy(taken, position, offset, offset + bytesWritten);
    return Promise.resolve({ bytesWritten, buffer: content });
  };
  return { file: { write } as unknown as Pick<FileHandle, 'write'>, taken };
}

test('what one write does not take the next ones do', async (t) => {
  const { file, taken } = slowFile(3, 10);
  await writeWhole(file, Buffer.from('0123456789'));
  t.is(taken.toString(), '0123456789');
});

test('a disk that takes no more is an error, not a file that is cut', async (t) => {
  const { file } = slowFile(3, 5);
  await t.throwsAsync(writeWhole(file, Buffer.from('0123456789')), { code: 'DISK_FULL' });
});
