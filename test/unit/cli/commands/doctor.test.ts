import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { doctorCommand } from '../../../../gocli-ts/src/cli/commands/doctor.ts';
import type { Session } from '../../../../gocli-ts/src/cli/session.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { FakeDocker } from '../../../fakes/docker.ts';
import { FakeHost } from '../../../fakes/host.ts';

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
}

async function doctor(
  args: Readonly<Record<string, unknown>>,
  docker: FakeDocker,
  host: FakeHost,
): Promise<Outcome> {
  const stdout = new PassThrough();
  const session: Partial<Session> = {
    docker,
    host,
    stdout,
    output: 'json',
    env: {},
    kinds: [],
    checkout: '/checkout',
    paths: { state: '/nonexistent/state', cache: '/nonexistent/cache' },
    signal: new AbortController().signal,
  };
  const exitCode = await doctorCommand.run(args, session as Session, [], []);
  stdout.end();
  return { exitCode, stdout: await text(stdout) };
}

function unreachable(): FakeDocker {
  return new FakeDocker().failNext(
    'system.info',
    new GocliError('DOCKER_UNREACHABLE', 'no daemon', { hint: 'start it' }),
  );
}

test('without Docker: exit code 3, and the check says what to do', async (t) => {
  const { exitCode, stdout } = await doctor({ fix: false, yes: false }, unreachable(), new FakeHost());
  t.is(exitCode, 3);
  const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: { id: string }[] };
  t.false(healthy);
  t.deepEqual(
    checks.find(({ id }) => id === 'docker'),
    {
      id: 'docker',
      title: 'Docker answers',
      state: 'failed',
      observed: 'no daemon',
      advice: 'start it',
    } as object,
  );
});

test('--fix runs the bootstrap script on the terminal first', async (t) => {
  const host = new FakeHost();
  await doctor({ fix: true, yes: true }, unreachable(), host);
  t.deepEqual(host.calls[0]?.argv, ['/checkout/cluster-up/bootstrap.sh', '--yes', 'docker', 'provider']);
});

test('--fix that fails hands on the exit code', async (t) => {
  const host = new FakeHost().respond((argv) =>
    argv[0]?.endsWith('bootstrap.sh') === true ? { exitCode: 3 } : undefined,
  );
  t.deepEqual(await doctor({ fix: true, yes: false }, new FakeDocker(), host), { exitCode: 3, stdout: '' });
});
