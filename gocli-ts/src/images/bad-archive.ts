import { GocliError } from '../errors/error.ts';

/** What speaks against an archive of images. @param name of the archive, for messages */
export function badArchive(
  name: string,
  what: string,
  options?: { observed?: string; hint?: string },
): GocliError {
  return new GocliError('BAD_ARCHIVE', `${name} ${what}`, {
    hint: 'It has to be what `docker save`, `docker buildx build -o type=oci` or `skopeo copy` write.',
    ...options,
  });
}

/** A name out of an archive, which may hold anything, as it can be shown. */
export function shown(name: string): string {
  const text = JSON.stringify(name).replace(/[\u007f-\u009f\u2028-\u202e]/g, '?');
  return text.length > 200 ? `${text.slice(0, 200)}…"` : text;
}
