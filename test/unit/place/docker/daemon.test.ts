import test from 'ava';
import { checkEngine } from '../../../../gocli-ts/src/place/docker/daemon.ts';
import { dockerodeEngine } from '../../../../gocli-ts/src/place/docker/dockerode.ts';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';

test('daemons of 20.10 and newer are accepted', (t) => {
  for (const version of ['20.10.0', '20.10.24+dfsg1', '20.10.0-rc1', '24.0.7', '28.2.2', 'library-import']) {
    t.notThrows(() => {
      checkEngine({ Version: version, Components: [{ Name: 'Engine' }, { Name: 'containerd' }] });
    });
  }
});

test('Podman of 5.4 and newer is accepted', (t) => {
  for (const version of ['5.4.0', '5.4.2', '6.0.0-rc1']) {
    t.notThrows(() => {
      checkEngine({ Version: version, Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }] });
    });
  }
});

test('older daemons are refused', (t) => {
  for (const [version, component] of [
    ['19.03.15', 'Engine'],
    ['18.09.1', 'Engine'],
    ['5.3.2', 'Podman Engine'],
    ['4.3.1', 'Podman Engine'],
  ] as const) {
    const error = t.throws(() => {
      checkEngine({ Version: version, Components: [{ Name: component }] });
    });
    t.true(isCode(error, 'DOCKER_UNSUPPORTED'), version);
  }
});

test('a daemon that does not run is unreachable, whatever is asked', async (t) => {
  const docker = dockerodeEngine({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
  for (const work of [docker.system.info(), docker.containers.list({}), docker.images.inspect('a')]) {
    const error = await t.throwsAsync(work);
    t.true(isCode(error, 'DOCKER_UNREACHABLE'), String(error));
  }
});
