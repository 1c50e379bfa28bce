import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

/** What the daemon says of a path, as JSON in base64 (Docker Engine API, ContainerArchiveInfo). */
const HEADER = 'x-docker-container-path-stat';
const statSchema = z.object({ mtime: z.string() });

/**
 * The time of the last change that the daemon's answer tells, in seconds since the epoch with nine decimals. Go leaves
 * zeros at the end of the fraction out, and a JavaScript date all but three of its digits.
 */
export function modifiedOf(headers: IncomingHttpHeaders): string {
  const text = Buffer.from(String(headers[HEADER]), 'base64').toString('utf8');
  const { mtime } = statSchema.parse(JSON.parse(text));
  const fraction = /\.(\d+)/.exec(mtime)?.[1] ?? '';
  return `${Math.floor(Date.parse(mtime) / 1000).toFixed(0)}.${fraction.padEnd(9, '0')}`;
}
