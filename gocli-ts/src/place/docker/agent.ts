import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';

/** What Node's agents do, and its types leave out: they take each request and give it a connection. */
interface RequestTaker {
  addRequest(request: ClientRequest, options: RequestOptions): void;
}

/**
 * Connections to the daemon, kept as Node's own agent keeps them. The client listens to the end of an answer only: when
 * the daemon dies in the middle of one, nothing would tell its caller. Here that is an error of the request.
 */
export function daemonAgent(): Agent {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 });
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
