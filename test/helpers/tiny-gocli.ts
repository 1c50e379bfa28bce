/** gocli as users have it, with the kind of the tiny guest beside its own. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { KINDS } from '../../gocli-ts/src/api/kinds.ts';
import type { RigState } from '../../gocli-ts/src/rig/state.ts';
import type { Condition, Observation } from '../../gocli-ts/src/waiting/condition.ts';
import { tinyKind } from '../kinds/tiny.ts';

/** The guest with a disk has an ssh server, which speaks first; the one without has a web server. */
function answers({ plan, ports }: RigState): Condition {
  const port = ports[plan.guest.disk ? '2201/tcp' : '80/tcp'] ?? 0;
  const check = async (signal: AbortSignal): Promise<Observation> => {
    const peer = connect({ port, host: '127.0.0.1' });
    // Whoever waits for an answer hears of it; what comes when nobody waits any more is nothing to anybody.
    peer.on('error', () => undefined);
    try {
      if (!plan.guest.disk) peer.write('GET /counter HTTP/1.0\r\n\r\n');
      const [said] = (await once(peer, 'data', { signal })) as [Buffer];
      return { met: true, observed: said.toString('latin1').split('\r')[0] ?? '' };
    } finally {
      peer.destroy();
    }
  };
  return { name: 'node01 answers', check };
}

// Unit tests have no guest that could be asked; here there is one.
const kind: typeof tinyKind = {
  ...tinyKind,
  proof: (state) => Promise.resolve({ conditions: [answers(state)], [Symbol.dispose]: () => undefined }),
};
KINDS.push(() => Promise.resolve(kind));
await import('../../gocli-ts/src/main.ts');
