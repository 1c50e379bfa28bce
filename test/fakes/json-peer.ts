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

/** The other end of a socket that speaks lines of JSON; undefined answers nothing. */
export function jsonPeer(answer: Answerer): JsonPeer {
  const [near, far] = duplexPair();
  const received: string[] = [];
  createInterface({ input: far }).on('line', (line) => {
    received.push(line);
    const reply = answer(JSON.parse(line.replace(/^\ufffd/, '')) as Record<string, unknown>);
    if (reply !== undefined) far.write(`${JSON.stringify(reply)}\n`);
  });
  return { near, far, received };
}

/** A guest agent that is up and does whatever it is asked. */
export function healthyAgent({ execute, arguments: argument }: Record<string, unknown>): unknown {
  return { return: execute === 'guest-sync-delimited' ? (argument as { id: number }).id : {} };
}
