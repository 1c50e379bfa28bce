import { Writable } from 'node:stream';

/** A stream that keeps what was written, as text. */
export class Captured extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}
