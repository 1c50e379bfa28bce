import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { GocliError, messageOf } from '../../errors/error.ts';
import { isErrno, onFile } from '../../errors/file-error.ts';

/** Where the docker daemon has authorities by registry (docs.docker.com, "Verify repository client with certificates"). */
const DOCKER_CERTS = '/etc/docker/certs.d';

/**
 * Authorities that vouch for a registry: those of a file, else of the folder that the docker daemon has for it, beside
 * the usual ones. Undefined when there are only these.
 * @param file path the user gave
 * @throws GocliError BAD_FILE (no certificate), FILE
 */
export async function trustedBy(
  host: string,
  file: string | undefined,
  certs = DOCKER_CERTS,
): Promise<readonly string[] | undefined> {
  const files = file === undefined ? await certificateFiles(join(certs, host)) : [file];
  if (files.length === 0) return undefined;
  const own = await Promise.all(files.map(readCertificates));
  return [...rootCertificates, ...own];
}

async function certificateFiles(folder: string): Promise<string[]> {
  return onFile({ path: folder, done: 'read' }, async () => {
    try {
      const names = await readdir(folder);
      return names
        .filter((name) => name.endsWith('.crt'))
        .sort()
        .map((name) => join(folder, name));
    } catch (error) {
      // One that only the daemon may read is nothing of this user's.
      if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].some((code) => isErrno(error, code))) return [];
      throw error;
    }
  });
}

async function readCertificates(path: string): Promise<string> {
  const text = await onFile({ path, done: 'read' }, () => readFile(path, 'utf8'));
  try {
    // Of several the first is looked at: what TLS makes of others it says itself.
    new X509Certificate(text);
  } catch (error) {
    throw new GocliError('BAD_FILE', `${path} holds no certificate`, {
      observed: messageOf(error),
      hint: 'It has to be PEM: -----BEGIN CERTIFICATE----- …',
    });
  }
  return text;
}
