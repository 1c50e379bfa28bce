import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { endsByItself } from '../../../helpers/ends-by-itself.ts';

/** A daemon that accepts and never answers; its address. */
async function silentDaemon(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-daemon-'));
  const path = join(folder, 'docker.sock');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
  }).listen(path);
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true });
  });
  return `unix://${path}`;
}

const CALLS: Readonly<Record<string, string>> = {
  connect: `containers.connect('c', ['x'], { signal })`,
  inspect: `containers.inspect('c', signal)`,
  exec: `containers.exec('c', ['x'], { signal })`,
  logs: `containers.logs('c', { signal })`,
  readFile: `containers.readFile('c', '/x', signal)`,
  wait: `containers.wait('c', signal)`,
};

for (const [name, call] of Object.entries(CALLS)) {
  test(`a daemon that never answers keeps no process alive after the call was given up: ${name}`, async (t) => {
    const said = await endsByItself(
      await silentDaemon(t),
      `const { dockerodeEngine } = await load('place/docker/dockerode.ts');
       const { containers } = dockerodeEngine({ DOCKER_HOST: input });
       const signal = soon(300);
       await ${call}.catch((error) => console.log(error.message));`,
    );
    t.is(said, 'enough');
  });
}

const QUESTIONS: Readonly<Record<string, string>> = {
  'list containers': `containers.list({})`,
  'inspect a container': `containers.inspect('c')`,
  'list images': `images.list({})`,
  'list volumes': `volumes.list({})`,
  info: `system.info()`,
};

for (const [name, call] of Object.entries(QUESTIONS)) {
  test(`a question to a daemon that never answers ends when it is interrupted: ${name}`, async (t) => {
    const said = await endsByItself(
      await silentDaemon(t),
      `const { dockerodeEngine } = await load('place/docker/dockerode.ts');
       const { containers, images, volumes, system } = dockerodeEngine({ DOCKER_HOST: input }, { interrupt: soon(300) });
       await ${call}.catch((error) => console.log(error.message));`,
    );
    t.is(said, 'enough');
  });
}
