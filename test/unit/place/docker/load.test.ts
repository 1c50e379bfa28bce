import { createRequire } from 'node:module';
import test from 'ava';
import { loadDockerode } from '../../../../gocli-ts/src/place/docker/load.ts';

test.serial('what is never used of dockerode is not loaded', (t) => {
  const engine = loadDockerode({ socketPath: '/nowhere.sock' });
  t.is(typeof engine.modem.demuxStream, 'function');
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  t.true(loaded.some((file) => file.includes('/node_modules/dockerode/')));
  for (const name of ['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'ssh2'])
    t.deepEqual(
      loaded.filter((file) => file.includes(`/node_modules/${name}/`)),
      [],
    );
});

test.serial('ssh2 stays usable after dockerode was loaded', async (t) => {
  loadDockerode({ socketPath: '/nowhere.sock' });
  const { Client } = await import('ssh2');
  t.is(typeof new Client().connect, 'function');
});
