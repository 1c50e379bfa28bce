import { createInterface } from 'node:readline';
import { duplexPair, type Duplex } from 'node:stream';

type Answerer = (request: Record<string, unknown>) => unknown;

export interface JsonPeer {
  /** The side of the program under test. */
  readonly near: Duplex;
  readonly far: Duplex;
  /** Every line that was sent, as it came. */
  readonly received: string[];
}

/**
 * The other end of a socket that speaks lines of JSON; undefined answers nothing. Like qemu and its guest agent it gives
 * an answer the `id` of its request.
 */
export function jsonPeer(answer: Answerer): JsonPeer {
  const [near, far] = duplexPair();
  const received: string[] = [];
  createInterface({ input: far }).on('line', (line) => {
    received.push(line);
    const request = JSON.parse(line.replace(/^\ufffd/, '')) as Record<string, unknown>;
    const reply = answer(request);
    if (reply !== undefined) far.write(`${JSON.stringify(replyTo(request, reply))}\n`);
  });
  return { near, far, received };
}

/** An answer with the `id` of its request, if that has one. */
export function replyTo(request: Record<string, unknown>, reply: unknown): unknown {
  return 'id' in request ? { ...(reply as object), id: request['id'] } : reply;
}

/** A guest agent that is up and does whatever it is asked. */
export function healthyAgent({ execute, arguments: argument }: Record<string, unknown>): unknown {
  return { return: execute === 'guest-sync-delimited' ? (argument as { id: number }).id : {} };
}
