import { createPrivateKey, createPublicKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Docker, FileEntry } from '../../gocli-ts/src/place/interface.ts';
import { TEST_LABEL } from './probe-image.ts';
import { close } from '../fakes/close.ts';

/** Name and password that registries with a login take. */
export const LOGIN = { username: 'me', password: 'secret' } as const;
/** bcrypt of that password. */
const HTPASSWD = 'me:$2a$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

/** A certificate for 127.0.0.1 that vouches for itself. */
export interface Authority {
  readonly cert: string;
  readonly key: string;
}

export interface RunningRegistry {
  readonly port: number;
  /** `127.0.0.1:40000` */
  readonly host: string;
}

interface RegistryOptions {
  readonly docker: Docker;
  /** Any provider image, as each has the registry of the clusters. */
  readonly image: string;
  /** Value of the label by which everything of a test is removed. */
  readonly run: string;
  /** TLS by this authority. */
  readonly tls?: Authority;
  readonly login?: 'basic' | { readonly realm: string; readonly authority: Authority };
}

let made = 0;

/** Starts Debian's docker-registry on a free port of loopback. */
export async function startRegistry({
  docker,
  image,
  run,
  tls,
  login,
}: RegistryOptions): Promise<RunningRegistry> {
  made += 1;
  const token =
    login === undefined || login === 'basic'
      ? undefined
      : { realm: login.realm, service: 'registry', issuer: 'test', rootcertbundle: '/run/test/root.pem' };
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: '/run/test/data' }, delete: { enabled: true } },
    http: {
      addr: ':5000',
      ...(tls === undefined ? {} : { tls: { certificate: '/run/test/cert.pem', key: '/run/test/key.pem' } }),
    },
    ...(login === 'basic' ? { auth: { htpasswd: { realm: 'test', path: '/run/test/htpasswd' } } } : {}),
    ...(token === undefined ? {} : { auth: { token } }),
  };
  const id = await docker.containers.create({
    name: `gocli-registry-${run}-${made.toFixed(0)}`,
    image,
    labels: { [TEST_LABEL]: run },
    network: 'bridge',
    ports: [{ containerPort: 5000, protocol: 'tcp', hostPort: 0 }],
    capabilities: [],
    noNewPrivileges: true,
    entrypoint: ['docker-registry'],
    command: ['serve', '/run/test/config.yml'],
  });
  const files: FileEntry[] = [
    { path: 'test/config.yml', content: stringify(config) },
    { path: 'test/htpasswd', content: HTPASSWD },
    ...(tls === undefined
      ? []
      : [
          { path: 'test/cert.pem', content: tls.cert },
          { path: 'test/key.pem', content: tls.key },
        ]),
    ...(login === undefined || login === 'basic'
      ? []
      : [{ path: 'test/root.pem', content: login.authority.cert }]),
  ];
  await docker.containers.putFiles(id, '/run', files);
  await docker.containers.start(id);
  const port = (await docker.containers.inspect(id))?.ports[0]?.hostPort ?? 0;
  await answers(docker, id, port);
  return { port, host: `127.0.0.1:${port.toFixed(0)}` };
}

/** Until it answers anything: one with TLS says to plain HTTP that it has. */
async function answers(docker: Docker, id: string, port: number): Promise<void> {
  for (let left = 300; ; left -= 1) {
    const answered = await new Promise<boolean>((resolve) => {
      get({ host: '127.0.0.1', port, path: '/v2/', agent: false }, (answer) => {
        answer.resume();
        resolve(true);
      }).on('error', () => {
        resolve(false);
      });
    });
    if (answered) return;
    if (left === 0)
      throw new Error(`the registry of the test did not start: ${await docker.containers.logs(id)}`);
    await delay(100);
  }
}

export interface TokenServer extends AsyncDisposable {
  readonly realm: string;
  /** Scopes that were asked for. */
  readonly scopes: string[];
}

/** Gives tokens to {@link LOGIN} (distribution, docs/spec/auth/jwt.md). */
export async function startTokenServer({ cert, key }: Authority): Promise<TokenServer> {
  const chain = [new X509Certificate(cert).raw.toString('base64')];
  const secret = createPrivateKey(key);
  const kind = createPublicKey(secret).asymmetricKeyType;
  if (kind !== 'ec') throw new Error(`a key of the kind ${kind ?? ''}`);
  const basic = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`;
  const scopes: string[] = [];
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '', 'http://token');
    const asked = url.searchParams.getAll('scope');
    scopes.push(...asked);
    if (incoming.headers.authorization !== basic) {
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    const access = asked.map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now - 60, exp: now + 300 };
    const claims = { iss: 'test', aud: 'registry', sub: LOGIN.username, jti: randomUUID(), access, ...times };
    const text = [{ typ: 'JWT', alg: 'ES256', x5c: chain }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(text), { key: secret, dsaEncoding: 'ieee-p1363' });
    response.end(JSON.stringify({ token: `${text}.${signature.toString('base64url')}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port.toFixed(0)}/token`,
    scopes,
    [Symbol.asyncDispose]: () => close(server),
  };
}
