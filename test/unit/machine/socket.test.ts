import { Duplex } from 'node:stream';
import test from 'ava';
import { connectSocket } from '../../../gocli-ts/src/machine/socket.ts';
import { fakeGuest } from './guest.ts';

test('a daemon that does not answer does not hold the caller, and a late stream is closed', async (t) => {
  const guest = await fakeGuest(() => undefined);
  const late = new Duplex({ read: () => undefined });
  let answer: (stream: Duplex) => void = () => undefined;
  guest.docker.before = (method) =>
    method === 'containers.connect'
      ? new Promise((resolve) => {
          answer = () => {
            resolve();
          };
        })
      : Promise.resolve();
  guest.docker.onConnect = () => late;
  const stop = new AbortController();
  const reason = new Error('enough');
  setTimeout(() => {
    stop.abort(reason);
  }, 10);
  await t.throwsAsync(connectSocket(guest.docker, guest.container, '/x.sock', stop.signal), { is: reason });
  answer(late);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.true(late.destroyed);
});
