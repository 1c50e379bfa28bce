import { GocliError } from '../../errors/error.ts';
import type { Blob } from '../loadable-image.ts';
import { MIB } from '../../shared/size.ts';
import type { Answer } from '../http.ts';
import type { Scopes } from './access.ts';
import { type Outcome, type RemoteClient } from './client.ts';

/** Content that can be read from anywhere in it. */
export interface Upload extends Blob {
  /** Exactly so many bytes. */
  readonly read: (position: number, bytes: number) => Promise<Buffer>;
}

/** Bytes of one request: what a break costs at most where the registry knows how far it had come. */
const PIECE = 16 * MIB;

interface Where {
  readonly url: URL;
  /** Bytes that the registry has. */
  readonly offset: number;
}

/**
 * Sends a blob in pieces (distribution-spec v1.1, "Pushing a blob in chunks"). After a break the registry is asked how
 * far it had come; one that has forgotten it, as distribution 2 has when a piece broke off in its middle, gets all again.
 * @param tell bytes that the registry has so far
 * @throws GocliError CHECKSUM (it says that the content has another digest), REGISTRY; the signal's reason
 */
export async function uploadBlob(
  client: RemoteClient,
  place: { readonly begin: URL; readonly scopes: Scopes },
  blob: Upload,
  tell: (bytes: number) => void,
): Promise<void> {
  const { scopes } = place;
  let failed = 0;
  let where: Where | undefined;
  let furthest = 0;
  for (;;) {
    where ??= await begin(client, place);
    tell(where.offset);
    const outcome: Outcome =
      where.offset < blob.size
        ? await sendPiece(client, scopes, where, blob)
        : await finish(client, scopes, where, blob);
    if (!(outcome instanceof GocliError) && outcome.status === 201) return;
    if (!(outcome instanceof GocliError) && outcome.status === 202) {
      const before = where.offset;
      where = { url: client.placeOf(outcome), offset: endOf(client, outcome, blob) };
      if (where.offset > furthest) failed = 0;
      furthest = Math.max(furthest, where.offset);
      if (where.offset > before) continue;
    }
    if (!client.isTransient(outcome) && outcome.status !== 202 && outcome.status !== 416)
      throw badEnd(client, outcome, blob);
    failed += 1;
    await client.pause(failed, outcome);
    where = await askWhere(client, scopes, where, blob);
  }
}

async function begin(
  client: RemoteClient,
  { begin: url, scopes }: { readonly begin: URL; readonly scopes: Scopes },
): Promise<Where> {
  const answer = await client.ask({ method: 'POST', url, scopes, headers: { 'Content-Length': 0 } });
  if (answer.status !== 202) throw client.refused('to take a layer', answer);
  return { url: client.placeOf(answer), offset: 0 };
}

async function sendPiece(
  client: RemoteClient,
  scopes: Scopes,
  { url, offset }: Where,
  { size, read }: Upload,
): Promise<Outcome> {
  const body = await read(offset, Math.min(PIECE, size - offset));
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': body.length,
    'Content-Range': `${offset.toFixed(0)}-${(offset + body.length - 1).toFixed(0)}`,
  };
  return client.once({ method: 'PATCH', url, scopes, headers, body });
}

function finish(
  client: RemoteClient,
  scopes: Scopes,
  { url: at }: Where,
  { digest }: Blob,
): Promise<Outcome> {
  const url = new URL(at);
  url.searchParams.set('digest', digest);
  return client.once({ method: 'PUT', url, scopes, headers: { 'Content-Length': 0 } });
}

/** The registry says what it has as `0-N`, the last byte included; of nothing some say `0-0`. */
function endOf(client: RemoteClient, answer: Answer, { size }: Blob): number {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(answer.headers['range'] ?? '')?.[1];
  const offset = last === undefined || last === '0' ? Number.NaN : Number(last) + 1;
  if (offset <= size) return offset;
  throw client.refused('to say how much of a layer it has', answer);
}

/** Where to go on after a break; undefined for from the beginning. */
async function askWhere(
  client: RemoteClient,
  scopes: Scopes,
  { url }: Where,
  blob: Blob,
): Promise<Where | undefined> {
  const answer = await client.ask({ method: 'GET', url, scopes });
  if (answer.status !== 204 && answer.status !== 202) return undefined;
  const { location, range } = answer.headers;
  if (range === undefined || /^(?:bytes=)?0-0$/.test(range)) return undefined;
  return { url: location === undefined ? url : client.placeOf(answer), offset: endOf(client, answer, blob) };
}

function badEnd(client: RemoteClient, answer: Answer, { digest }: Blob): GocliError {
  if (!answer.body.includes('DIGEST_INVALID')) return client.refused(`to take ${digest}`, answer);
  return new GocliError('CHECKSUM', `${client.host} says that it got something else than ${digest}`, {
    hint: 'Something between here and there changes what is sent; look what it is, and try again.',
  });
}

/** Content that is in memory. */
export function uploadOf(blob: Blob, content: Buffer): Upload {
  return {
    ...blob,
    read: (position, bytes) => Promise.resolve(content.subarray(position, position + bytes)),
  };
}
