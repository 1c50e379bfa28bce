import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import type { ContainerInfo } from '../../../gocli-ts/src/place/interface.ts';
import { GocliError, isCode } from '../../../gocli-ts/src/errors/error.ts';
import { MACHINE_PATH } from '../../../gocli-ts/src/machine/spec.ts';
import { whileAlive } from '../../../gocli-ts/src/rig/watchdog.ts';
import { FakeDocker } from '../../fakes/docker.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);

async function runningNode(docker: FakeDocker): Promise<ContainerInfo> {
  const labels = { [LABEL.node]: 'node01' };
  const { id: image } = docker.addImage('image');
  const id = await docker.containers.create({
    name: 'c-node01',
    image,
    labels,
    network: 'none',
    capabilities: [],
    noNewPrivileges: true,
  });
  await docker.containers.start(id);
  const path = MACHINE_PATH.consoleLog.slice(1);
  await docker.containers.putFiles(id, '/', [{ path, content: 'Kernel panic - not syncing\n' }]);
  const info = await docker.containers.inspect(id);
  if (info === undefined) throw new Error('the container is not there');
  return info;
}

test('work that ends well is left alone, and nobody watches any more', async (t) => {
  const docker = new FakeDocker();
  const node = await runningNode(docker);
  let during: AbortSignal | undefined;
  const work = async (signal: AbortSignal): Promise<number> => {
    during = signal;
    await delay(1);
    t.false(signal.aborted);
    return 7;
  };
  t.is(await whileAlive(docker, [node], never, work), 7);
  const watched = docker.calls.filter(({ method }) => method === 'containers.wait');
  t.is(watched.length, 1);
  // The request to the daemon is given up, and a later end is looked into by nobody.
  t.true((watched[0]?.args[1] as AbortSignal).aborted);
  const before = docker.calls.length;
  docker.end(node.id, 1);
  await delay(1);
  t.is(docker.calls.length, before);
  t.false(isCode(during?.reason, 'GUEST_DIED'));
});

test('a machine that ends aborts the work with the end of its console', async (t) => {
  const docker = new FakeDocker();
  const node = await runningNode(docker);
  const work = whileAlive(docker, [node], never, (signal) => {
    docker.end(node.id, 3);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('the work gave up'));
      });
    });
  });
  const error = await t.throwsAsync(work);
  t.true(isCode(error, 'GUEST_DIED'));
  t.regex(error.message, /node01 ended with code 3/);
  t.regex(isCode(error, 'GUEST_DIED') ? (error.observed ?? '') : '', /Kernel panic/);
});

test('work that meets the dead machine first has the death as its reason all the same', async (t) => {
  const docker = new FakeDocker();
  const node = await runningNode(docker);
  const work = whileAlive(docker, [node], never, () => {
    docker.end(node.id, 0);
    throw new GocliError('CONFLICT', 'the container is not running');
  });
  t.true(isCode(await t.throwsAsync(work), 'GUEST_DIED'));
});

test('an error of the work itself stays what it is, and so does an interruption', async (t) => {
  const docker = new FakeDocker();
  const node = await runningNode(docker);
  const own = new GocliError('TIMEOUT', 'late');
  t.is(await t.throwsAsync(whileAlive(docker, [node], never, () => Promise.reject(own))), own);
  const stop = new AbortController();
  const interrupted = new GocliError('INTERRUPTED', 'stop');
  const work = whileAlive(docker, [node], stop.signal, () => {
    docker.end(node.id, 0);
    stop.abort(interrupted);
    return Promise.reject(interrupted);
  });
  t.is(await t.throwsAsync(work), interrupted);
});

/** Work that ends with its signal only. */
const waiting = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('the work gave up'));
    });
  });

test('a guest whose kernel panics aborts the work with the end of its console', async (t) => {
  const docker = new FakeDocker();
  const node = await runningNode(docker);
  const error = await t.throwsAsync(whileAlive(docker, [node], never, waiting, 5));
  t.true(isCode(error, 'GUEST_DIED'));
  t.is(error.message, 'the kernel of node01 panicked');
  t.regex(isCode(error, 'GUEST_DIED') ? (error.observed ?? '') : '', /Kernel panic/);
});

test('a console without a panic, or one that cannot be read, disturbs nobody', async (t) => {
  const docker = new FakeDocker();
  const node = await runningNode(docker);
  const path = MACHINE_PATH.consoleLog.slice(1);
  await docker.containers.putFiles(node.id, '/', [{ path, content: 'gocli: guest ready\n' }]);
  docker.failNext('containers.readFile', new Error('hiccup'));
  const work = async (): Promise<number> => {
    while (docker.calls.filter(({ method }) => method === 'containers.readFile').length < 3) await delay(5);
    return 7;
  };
  t.is(await whileAlive(docker, [node], never, work, 5), 7);
});
