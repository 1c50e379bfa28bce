import type { Server } from 'node:http';

/** Ends a server of a test, with whatever is still connected to it. */
export function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
