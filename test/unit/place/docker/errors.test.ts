import test from 'ava';
import { dockerError } from '../../../../gocli-ts/src/place/docker/errors.ts';
import type { ErrorCode } from '../../../../gocli-ts/src/errors/codes.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';

const refusal = (statusCode: number, message: string): Error =>
  Object.assign(new Error(message), { statusCode });
const socket = (code: string): Error =>
  Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' });

const CASES: readonly (readonly [string, Error, ErrorCode, RegExp?])[] = [
  ['no socket', socket('ENOENT'), 'DOCKER_UNREACHABLE', /not running/],
  ['nobody listens', socket('ECONNREFUSED'), 'DOCKER_UNREACHABLE', /not running/],
  ['no permission', socket('EACCES'), 'DOCKER_UNREACHABLE', /may not use its socket/],
  [
    'name in use',
    refusal(409, 'Conflict. The container name "/a" is already in use by container "b"'),
    'CONFLICT',
  ],
  ['not running', refusal(409, 'Container abc is not running'), 'CONFLICT'],
  ['no container', refusal(404, 'No such container: abc'), 'NOT_FOUND'],
  ['no image', refusal(404, 'No such image: absent:1'), 'IMAGE_MISSING'],
  [
    'no manifest',
    new Error('manifest for a:1 not found: manifest unknown: manifest unknown'),
    'IMAGE_MISSING',
  ],
  [
    'private',
    new Error('pull access denied for a, repository does not exist or may require login'),
    'IMAGE_MISSING',
  ],
  [
    'port of a container',
    refusal(500, 'Bind for 127.0.0.1:6443 failed: port is already allocated'),
    'PORT_TAKEN',
  ],
  ['port of a process', refusal(500, 'listen tcp4 127.0.0.1:80: bind: address already in use'), 'PORT_TAKEN'],
  ['disk full', refusal(500, 'write /var/lib/docker/tmp/x: no space left on device'), 'DISK_FULL'],
  [
    'no TLS',
    refusal(400, 'Client sent an HTTP request to an HTTPS server.'),
    'DOCKER_UNREACHABLE',
    /DOCKER_CERT_PATH/,
  ],
  ...[
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_OSSL_PEM_NO_START_LINE',
    'EPROTO',
  ].map(
    (code) =>
      [
        `TLS, ${code}`,
        Object.assign(new Error('x'), { code }),
        'DOCKER_UNREACHABLE',
        /DOCKER_CERT_PATH/,
      ] as const,
  ),
  ['anything else', refusal(500, 'something broke'), 'DOCKER'],
];

for (const [name, error, code, message] of CASES) {
  test(`${name} is ${code}`, (t) => {
    const told = dockerError(error, 'start container a');
    t.is(told.code, code);
    t.is(told.cause, error);
    t.regex(`${told.message} ${told.hint ?? ''}`, message ?? /start container a/);
    if (code !== 'DOCKER_UNREACHABLE') t.is(told.observed, error.message);
  });
}

test('a file of ours that is missing does not mean that the daemon is', (t) => {
  const error = Object.assign(new Error('ENOENT: open x.tar'), { code: 'ENOENT', syscall: 'open' });
  t.is(dockerError(error, 'import a').code, 'DOCKER');
});

test('an error for people stays as it is', (t) => {
  const error = new GocliError('CONFLICT', 'told');
  t.is(dockerError(error, 'x'), error);
});
