import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../errors/file-error.ts';
import { GocliError, messageOf } from '../../errors/error.ts';
import {
  objectOf,
  parseObject,
  readDockerConfig,
  textOf,
  type DockerConfig,
  type Environment,
} from './config.ts';

/** Where the daemon is; a port is one of this host. */
export type Endpoint =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly tls?: Tls | undefined };

export interface Tls {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** False when any certificate of the daemon will do. */
  readonly verify: boolean;
}

const DEFAULT_SOCKET = '/var/run/docker.sock';
/** The context that stands for DOCKER_HOST or the usual socket. */
const DEFAULT_CONTEXT = 'default';

/**
 * The daemon that the docker client would talk to: DOCKER_HOST, else the context of DOCKER_CONTEXT, else the current one
 * of its configuration, else the usual socket (github.com/docker/cli, cli/command/cli.go).
 * @param config what the user told the docker client, where that is read already
 * @throws GocliError DOCKER_UNSUPPORTED for a remote daemon: published ports are reached on this host's loopback;
 * BAD_VALUE for a path that is no address; BAD_FILE for a context that is not there or cannot be read
 */
export async function endpointOf(
  env: Environment,
  config: () => Promise<DockerConfig> = () => readDockerConfig(env),
): Promise<Endpoint> {
  const address = (env['DOCKER_HOST'] ?? '').trim();
  if (address !== '') {
    const saidBy = 'DOCKER_HOST';
    return addressed(address, { saidBy, instead: 'Unset DOCKER_HOST' }, () => tlsOfVariables(env));
  }
  const named = env['DOCKER_CONTEXT'] ?? '';
  if (named === DEFAULT_CONTEXT) return { socketPath: DEFAULT_SOCKET };
  const { folder, settings } = await config();
  const current = named === '' ? (textOf(settings['currentContext']) ?? DEFAULT_CONTEXT) : named;
  if (current === DEFAULT_CONTEXT) return { socketPath: DEFAULT_SOCKET };
  return endpointOfContext(current, folder, named === '' ? join(folder, 'config.json') : 'DOCKER_CONTEXT');
}

/** Words for messages: `/var/run/docker.sock`, `tcp://127.0.0.1:2376`. */
export function endpointWords(endpoint: Endpoint): string {
  return 'socketPath' in endpoint ? endpoint.socketPath : `tcp://${endpoint.host}:${endpoint.port}`;
}

/** Files of a context lie in folders named by the hash of its name (cli/context/store of the docker client). */
async function endpointOfContext(name: string, folder: string, chosenBy: string): Promise<Endpoint> {
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'contexts', 'meta', id, 'meta.json');
  const wrong = (what: string, cause?: unknown): GocliError =>
    new GocliError('BAD_FILE', `Docker context "${name}", chosen by ${chosenBy}, ${what}`, {
      cause,
      hint: 'See which there are: docker context ls. Choose one: docker context use default, or set DOCKER_HOST',
    });
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) throw wrong('does not exist', error);
    throw wrong(`cannot be read: ${messageOf(error)}`, error);
  });
  const docker = objectOf(objectOf(parseObject(text)?.['Endpoints'])?.['docker']);
  const address = textOf(docker?.['Host']);
  if (address === undefined) throw wrong(`names no Docker daemon: ${file}`);
  const saidBy = `Docker context "${name}"`;
  const verify = docker?.['SkipTLSVerify'] !== true;
  const instead = 'Choose another context: docker context use default';
  return addressed(address, { saidBy, instead }, async () => {
    const files = await tlsFiles(join(folder, 'contexts', 'tls', id, 'docker'));
    return files.ca === undefined && files.cert === undefined && verify ? undefined : { ...files, verify };
  });
}

/** @param instead what to do about a daemon that cannot be used */
async function addressed(
  address: string,
  { saidBy, instead }: { readonly saidBy: string; readonly instead: string },
  tls: () => Promise<Tls | undefined>,
): Promise<Endpoint> {
  if (address.startsWith('unix://')) return { socketPath: address.slice('unix://'.length) || DEFAULT_SOCKET };
  const url = tcpAddress(address);
  const host = url === undefined ? undefined : await (await import('./host-here.ts')).hostHere(url.hostname);
  if (url !== undefined && host !== undefined) {
    const secured = await tls();
    const port = Number(url.port === '' ? (secured === undefined ? 2375 : 2376) : url.port);
    return { host, port, tls: secured };
  }
  if (address.startsWith('/')) {
    throw new GocliError('BAD_VALUE', `${saidBy} is no address of a daemon: ${address}`, {
      hint: `A socket of this host: unix://${address}`,
    });
  }
  throw new GocliError('DOCKER_UNSUPPORTED', `${saidBy} names a remote daemon: ${address}`, {
    hint: `gocli reaches published ports on loopback, so the daemon must be local. ${instead}.`,
  });
}

/** `tcp://HOST:PORT`, or the same without its beginning, or without a host for localhost; undefined for all else. */
function tcpAddress(address: string): URL | undefined {
  const said = address.includes('://') ? address : `tcp://${address}`;
  const whole = said.replace(/^tcp:\/\/(?=:|$)/, 'tcp://localhost');
  if (!whole.startsWith('tcp://') || !URL.canParse(whole)) return undefined;
  return new URL(whole);
}

async function tlsOfVariables(env: Environment): Promise<Tls | undefined> {
  const verify = (env['DOCKER_TLS_VERIFY'] ?? '') !== '';
  if (!verify && (env['DOCKER_TLS'] ?? '') === '') return undefined;
  const folder = env['DOCKER_CERT_PATH'] ?? '';
  return { ...(await tlsFiles(folder === '' ? (await readDockerConfig(env)).folder : folder)), verify };
}

async function tlsFiles(folder: string): Promise<Omit<Tls, 'verify'>> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) =>
      readFile(join(folder, name)).catch((error: unknown) => {
        if (isErrno(error, 'ENOENT')) return undefined;
        throw new GocliError('BAD_FILE', `${join(folder, name)} cannot be read`, {
          cause: error,
          observed: messageOf(error),
        });
      }),
    ),
  );
  return { ca, cert, key };
}
