import { createServer } from 'node:net';
import type { ExecutionContext } from 'ava';

/** Listens until the test ends, as the daemon does for a port that it publishes, or as anybody else. */
export async function occupy(t: ExecutionContext, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.teardown(() => server.close());
}
