import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { close } from '../fakes/close.ts';

/** Stands before a registry and does what networks and registries do now and then. */
export interface RegistryProxy extends AsyncDisposable {
  /** `127.0.0.1:40000` */
  readonly host: string;
  /** Method and path of every request. */
  readonly requests: string[];
  /** Bytes of the bodies of requests that may pass before a connection is broken; each break sets it anew. */
  breakAfter: number[];
  /** Bytes of the next long answer that come before its connection is broken. */
  breakAnswer: number | undefined;
  /** Statuses that are answered instead of what the registry would, by method; each once. */
  refuse: { readonly method: string; readonly status: number }[];
  /** Changes what the registry answers to a GET. */
  change: (path: string, content: Buffer) => Buffer;
  /** Whether blobs can be taken over from other repositories. */
  mounts: boolean;
}

export async function proxyTo(port: number): Promise<RegistryProxy> {
  const server = createServer((incoming, response) => {
    proxy.requests.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    pass(proxy, port, incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: RegistryProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port.toFixed(0)}`,
    requests: [],
    breakAfter: [],
    breakAnswer: undefined,
    refuse: [],
    change: (_path, content) => content,
    mounts: true,
    [Symbol.asyncDispose]: () => close(server),
  };
  return proxy;
}

function pass(proxy: RegistryProxy, port: number, incoming: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '' } = incoming;
  const refusal = proxy.refuse.findIndex((one) => one.method === method);
  if (refusal !== -1) {
    const [{ status } = { status: 500 }] = proxy.refuse.splice(refusal, 1);
    incoming.resume();
    response.writeHead(status, { 'retry-after': '0' }).end();
    return;
  }
  const path = proxy.mounts ? url : url.replace(/\?mount=.*/, '');
  // The registry names places by this header, so that they are here, too.
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers: { ...incoming.headers } });
  outgoing.on('error', () => response.destroy());
  outgoing.on('response', (answer) => {
    answerOf(proxy, method, path, answer, response).catch(() => response.destroy());
  });
  incoming.on('data', (chunk: Buffer) => {
    const [left] = proxy.breakAfter;
    if (left === undefined) return;
    proxy.breakAfter[0] = left - chunk.length;
    if (left > chunk.length) return;
    proxy.breakAfter.shift();
    outgoing.destroy();
    response.destroy();
  });
  incoming.pipe(outgoing);
}

async function answerOf(
  proxy: RegistryProxy,
  method: string,
  path: string,
  answer: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const content = await buffer(answer);
  const changed = method === 'GET' ? proxy.change(path, content) : content;
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  const { breakAnswer } = proxy;
  if (breakAnswer === undefined || changed.length <= breakAnswer) {
    response.end(changed);
    return;
  }
  proxy.breakAnswer = undefined;
  response.write(changed.subarray(0, breakAnswer), () => response.destroy());
}
