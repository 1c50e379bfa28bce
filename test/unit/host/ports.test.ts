import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import test from 'ava';
import {
  freePorts,
  listeningInodes,
  portHolder,
  portProblem,
} from '../../../gocli-ts/src/host/free-ports.ts';

// Two lines of /proc/net/tcp: 127.0.0.1:6443 listening, and a connection from the same port.
const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41713 1 0000
   1: 0100007F:192B 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 41714 1 0000`;

test('only sockets that listen on the port are its holders', (t) => {
  t.deepEqual(listeningInodes(TABLE, 6443, 'tcp'), ['41713']);
  t.deepEqual(listeningInodes(TABLE, 6444, 'tcp'), []);
});

test('free ports are all different and can be listened on', async (t) => {
  const wanted = ['tcp', 'tcp', 'udp', 'tcp'] as const;
  let problems: unknown[] = [];
  // The files of this tier run side by side, and the kernel may give a port that was let go to another of them.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const ports = await freePorts(wanted);
    t.is(new Set(ports).size, wanted.length);
    problems = await Promise.all(wanted.map((protocol, index) => portProblem(ports[index] ?? 0, protocol)));
    if (problems.every((problem) => problem === undefined)) break;
  }
  t.deepEqual(problems, Array<undefined>(wanted.length).fill(undefined));
});

test('when one port cannot be had no other stays held', (t) => {
  const ports = new URL('../../../gocli-ts/src/host/free-ports.js', import.meta.url).href;
  const script = `import dgram from 'node:dgram';
    import { syncBuiltinESMExports } from 'node:module';
    dgram.createSocket = () => { throw new Error('none'); };
    syncBuiltinESMExports();
    const { freePorts } = await import(${JSON.stringify(ports)});
    await freePorts(['tcp', 'udp', 'tcp']).catch(() => undefined);`;
  // An open socket keeps the process from its end.
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 10_000 });
  t.is(status, 0);
});

test('a taken port is told, with the process that holds it', async (t) => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  t.teardown(() => server.close());
  t.is(await portProblem(port, 'tcp'), 'EADDRINUSE');
  t.regex((await portHolder(port, 'tcp')) ?? '', new RegExp(`\\(pid ${process.pid.toFixed(0)}\\)$`));
});
