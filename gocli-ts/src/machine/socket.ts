import type { Duplex } from 'node:stream';
import type { Docker } from '../place/interface.ts';
import { abortReason } from '../shared/clock.ts';

/**
 * Program that joins its own stdin and stdout to a socket of a machine. It tries again for 5 s: qemu makes its sockets
 * a moment after its container started.
 */
export function socketProgram(path: string): string[] {
  return ['socat', '-', `UNIX-CONNECT:${path},retry=250,interval=0.02`];
}

/**
 * Connects to a socket of a machine. A daemon does not answer at all when it is to start a program in a container that
 * is held, so the signal ends the wait; what comes later is closed.
 * @throws GocliError DOCKER, CONFLICT; the signal's reason
 */
export async function connectSocket(
  docker: Docker,
  containerId: string,
  path: string,
  signal: AbortSignal,
): Promise<Duplex> {
  signal.throwIfAborted();
  const connecting = docker.containers.connect(containerId, socketProgram(path), { signal });
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      connecting.then(
        (stream) => stream.destroy(),
        () => undefined,
      );
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    connecting
      .finally(() => {
        signal.removeEventListener('abort', onAbort);
      })
      .then(resolve, reject);
  });
}
