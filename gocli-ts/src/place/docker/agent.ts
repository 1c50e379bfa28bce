import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { Tls } from './endpoint.ts';

/** What Node's agents do, and its types leave out: they take each request and give it a connection. */
interface RequestTaker {
  addRequest(request: ClientRequest, options: RequestOptions): void;
}

/**
 * Connections to the daemon, kept as Node's own agent keeps them. The client listens to the end of an answer only: when
 * the daemon dies in the middle of one, nothing would tell its caller. Here that is an error of the request.
 */
export function daemonAgent(tls?: Tls): Agent {
  const kept = { keepAlive: true, scheduling: 'lifo', timeout: 5000 } as const;
  const agent = tls === undefined ? new Agent(kept) : new SecureAgent({ ...kept, ...secured(tls) });
  const taker = agent as unknown as RequestTaker;
  const take = taker.addRequest.bind(agent);
  taker.addRequest = (request, options) => {
    request.once('response', (answer: IncomingMessage) => {
      answer.once('error', (error) => request.emit('error', error));
    });
    take(request, options);
  };
  return agent;
}

/** Without `ca` those of Node are trusted. */
function secured({ ca, cert, key, verify }: Tls): ConnectionOptions {
  return { ca, cert, key, rejectUnauthorized: verify };
}
