import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { z } from 'zod';
import type { TransferProgress } from '../interface.ts';

const lineSchema = z.object({
  status: z.string().optional(),
  /** What was loaded. */
  stream: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});

/**
 * Reads the stream of JSON lines that a pull, push or import answers with. The daemon reports failures in it after
 * having answered with status 200, so the stream must be read to its end.
 * @throws Error with the daemon's words for an error line, or that of the stream when it breaks off
 */
export async function readProgress(
  stream: Readable,
  onProgress: (progress: TransferProgress) => void,
): Promise<string> {
  let last = '';
  const layers = new Map<string, { current: number; total: number }>();
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  // A stream that breaks off does not close readline, whose loop would then wait for ever.
  const ended = finished(stream, { writable: false });
  ended.catch(() => {
    lines.close();
  });
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const parsed = lineSchema.safeParse(JSON.parse(line));
    if (!parsed.success) continue;
    const { stream: said = '', status = said.trim(), id = '', error, progressDetail } = parsed.data;
    if (error !== undefined) throw new Error(error);
    last = status === '' ? last : status;
    if (progressDetail?.current !== undefined && progressDetail.total !== undefined) {
      layers.set(`${id} ${status}`, { current: progressDetail.current, total: progressDetail.total });
    }
    onProgress({ message: status, ...sumOf(layers.values()) });
  }
  await ended;
  return last;
}

function sumOf(layers: Iterable<{ current: number; total: number }>): {
  bytes?: number;
  totalBytes?: number;
} {
  let bytes = 0;
  let totalBytes = 0;
  for (const { current, total } of layers) {
    bytes += current;
    totalBytes += total;
  }
  return totalBytes === 0 ? {} : { bytes, totalBytes };
}
