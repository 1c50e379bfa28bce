import { type ErrorCode } from '../../errors/codes.ts';
import { GocliError, messageOf } from '../../errors/error.ts';

/** What dockerode throws: an Error with the status of the answer, or with the code of a failed system call. */
interface DockerFailure {
  readonly statusCode?: number;
  readonly code?: string;
  /** `connect` when the socket could not be reached; other calls may fail on files of ours. */
  readonly syscall?: string;
  /** Path of the socket that could not be reached, or address and port. */
  readonly address?: string;
  readonly port?: number;
}

function failureOf(error: unknown): DockerFailure {
  return error instanceof Error ? (error as DockerFailure) : {};
}

/** HTTP status of a refused request, or undefined. */
export function statusOf(error: unknown): number | undefined {
  return failureOf(error).statusCode;
}

const CONNECTION: Readonly<Record<string, [string, string]>> = {
  ENOENT: [
    'it is not running (its socket does not exist)',
    'Start it: sudo systemctl start docker, or: gocli doctor --fix',
  ],
  ECONNREFUSED: ['it is not running', 'Start it: sudo systemctl start docker, or: gocli doctor --fix'],
  EACCES: [
    'this user may not use its socket',
    'Add the user to the group docker and log in again: sudo usermod -aG docker $USER',
  ],
};

const TLS =
  'The daemon takes connections by TLS: give the context its ca.pem, cert.pem and key.pem (docker context update), or set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, the folder that has them.';
/** Codes that Node gives to what goes wrong with TLS, certificates and their files (tls, X509 certificate error codes). */
const OF_TLS = /^(ERR_SSL_|ERR_OSSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO$)/;

const ANOTHER = 'DOCKER_HOST or a Docker context (docker context ls) names another';

/**
 * What Podman answers with status 500 and Docker with 409: a name that exists (in two ways), a container that does not
 * run, and one whose network others have.
 */
const PODMAN_CONFLICT =
  /that name is already in use|UNIQUE constraint failed: ContainerConfig\.Name|container state improper|has dependent containers which must be removed before it/;

/** The only place that looks at the words of the daemon. First match wins. */
const MESSAGES: readonly [RegExp, ErrorCode, string?][] = [
  [/no space left on device/i, 'DISK_FULL', 'Free space in the data root of Docker: docker system df'],
  [/port is already allocated|address already in use/i, 'PORT_TAKEN'],
  [/no such image|pull access denied|manifest unknown|repository .* not found/i, 'IMAGE_MISSING'],
  [PODMAN_CONFLICT, 'CONFLICT'],
  [/(error gathering device information.*|stat \/dev\/net\/)tun/i, 'NO_TUN', 'Type: sudo modprobe tun'],
  [/HTTP request to an HTTPS server/, 'DOCKER_UNREACHABLE', TLS],
];

/**
 * The daemon's own words. Its client puts the status before them (docker-modem, lib/modem.js), which says nothing of what
 * failed: that of every pull that a registry refuses is 500.
 */
function wordsOf(error: unknown): string {
  const message = messageOf(error);
  return message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim() || message;
}

/**
 * Turns whatever a request to the daemon threw into an error for people.
 * @param what the request, as a phrase: `create container k8s-1.36-node01`
 */
export function dockerError(error: unknown, what: string): GocliError {
  if (error instanceof GocliError) return error;
  const { code, statusCode, syscall, address, port } = failureOf(error);
  const connection = code === undefined ? undefined : CONNECTION[code];
  if (connection !== undefined && syscall === 'connect') {
    return new GocliError('DOCKER_UNREACHABLE', `the Docker daemon does not answer: ${connection[0]}`, {
      cause: error,
      hint: connection[1],
      ...(address === undefined
        ? {}
        : { observed: `it is looked for at ${address}${port === undefined ? '' : `:${port}`}; ${ANOTHER}` }),
    });
  }
  const message = wordsOf(error);
  if (code !== undefined && OF_TLS.test(code))
    return new GocliError('DOCKER_UNREACHABLE', 'there is no TLS connection to the Docker daemon', {
      cause: error,
      observed: message,
      hint: TLS,
    });
  const known = MESSAGES.find(([pattern]) => pattern.test(message));
  if (known !== undefined)
    return new GocliError(known[1], `Docker could not ${what}`, {
      cause: error,
      observed: message,
      hint: known[2],
    });
  const kind: ErrorCode = statusCode === 404 ? 'NOT_FOUND' : statusCode === 409 ? 'CONFLICT' : 'DOCKER';
  return new GocliError(kind, `Docker could not ${what}`, { cause: error, observed: message });
}
