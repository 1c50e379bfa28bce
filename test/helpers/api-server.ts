import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AdminAccess } from '../../gocli-ts/src/kubernetes/kubeconfig.ts';
import { close } from '../fakes/close.ts';

export interface ApiRequestSeen {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly contentType: string | undefined;
}

type Answer = readonly [status: number, body: unknown];

/** An API server on 127.0.0.1 that wants the administrator's certificate and answers by the function given, or never. */
export class FakeApiServer implements AsyncDisposable {
  readonly access: AdminAccess;
  readonly requests: ApiRequestSeen[] = [];
  readonly #server: Server;

  private constructor(server: Server, access: AdminAccess) {
    this.#server = server;
    this.access = access;
  }

  static async start(answer: (request: ApiRequestSeen) => Answer | undefined): Promise<FakeApiServer> {
    const { cert, key } = selfSigned();
    const server = createServer(
      { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true },
      (incoming, outgoing) => {
        void text(incoming).then((body) => {
          const request = {
            method: incoming.method ?? '',
            path: incoming.url ?? '',
            body,
            contentType: incoming.headers['content-type'],
          };
          made.requests.push(request);
          const answered = answer(request);
          if (answered === undefined) return;
          const [status, content] = answered;
          outgoing.writeHead(status);
          outgoing.end(typeof content === 'string' ? content : JSON.stringify(content));
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const made = new FakeApiServer(server, { server: `https://127.0.0.1:${port}`, ca: cert, cert, key });
    return made;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return close(this.#server);
  }
}

/** One certificate that is authority, server and administrator. Node can make keys, but no certificates. */
export function selfSigned(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'gocli-api-'));
  try {
    const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const names = ['-subj', '/CN=kubernetes-admin', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...names, ...files], { stdio: 'pipe' });
    return {
      cert: readFileSync(join(folder, 'cert'), 'utf8'),
      key: readFileSync(join(folder, 'key'), 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
