import test from 'ava';
import { PERFORM, type Actor } from '../../bench/compare/activities.ts';

/** A side whose every command takes as many seconds as were run before it; `run` says what it is told to. */
function actorOf(started: { thawed: boolean; template: string | null }): Actor & { ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    provider: 'p-1',
    imageTag: 'tag',
    cluster: 'c',
    template: 'mine',
    gocli: (...argv) => {
      ran.push(argv.join(' '));
      const stdout = argv[0] === 'run' ? JSON.stringify(started) : '';
      return Promise.resolve({ seconds: ran.length, stdout });
    },
  };
}

const RUN = 'run p-1 --name c -o json --no-provision --container-suffix tag';

test('a life is one cluster of the image that was named, and only what is wanted is done to it', async (t) => {
  const whole = actorOf({ thawed: true, template: 'mine' });
  const seconds = await PERFORM.life(whole, ['thaw', 'snapshot', 'stop', 'start', 'rm']);
  t.deepEqual(whole.ran, [
    RUN,
    'snapshot create c-s --name c',
    'snapshot rm c-s',
    'stop c',
    'start c',
    'rm --name c',
  ]);
  t.deepEqual(seconds, { thaw: 1, snapshot: 2, stop: 4, start: 5, rm: 6 });
  const short = actorOf({ thawed: true, template: 'mine' });
  t.deepEqual(await PERFORM.life(short, ['thaw']), { thaw: 1, rm: 2 });
  t.deepEqual(short.ran, [RUN, 'rm --name c']);
});

test('a start that was no thaw of the own template is not taken for one', async (t) => {
  const hint = { code: 'CONFLICT', message: /not thawed from template mine/ };
  for (const started of [
    { thawed: false, template: 'mine' },
    { thawed: false, template: 'new' },
    { thawed: false, template: null },
    { thawed: true, template: 'of somebody else' },
  ])
    await t.throwsAsync(PERFORM.life(actorOf(started), ['thaw']), hint);
});

test('a cold start makes no template and leaves no cluster', async (t) => {
  const actor = actorOf({ thawed: false, template: null });
  t.deepEqual(await PERFORM.cold(actor, ['cold']), { cold: 1 });
  t.deepEqual(actor.ran, [`${RUN} --no-template`, 'rm --name c']);
});

test('commands are run when they are wanted', async (t) => {
  const actor = actorOf({ thawed: false, template: null });
  t.deepEqual(await PERFORM.commands(actor, ['ls']), { ls: 1 });
  t.deepEqual(await PERFORM.commands(actor, ['help', 'ls']), { help: 2, ls: 3 });
  t.deepEqual(actor.ran, ['ls', '--help', 'ls']);
});
